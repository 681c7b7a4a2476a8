"""The search for the same person before a registration: by marks alone, so that nobody's data is opened for it.

Two people are likely one where they share the identity number, telephone and name, or name and year of birth as they
are written or as they sound: the combinations that reach LIKELY points of `shared/people/likeness.py`. People with
different identity numbers are not. A closer comparison, with reasons and points, is an audited query.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Final

from pymongo.cursor import Cursor
from pymongo.database import Database

from services.stations.residents.domain import Intake, Resident, ResidentRecord, intake_ids
from services.stations.residents.profile import marks_of
from shared.contracts.refusals import Refused
from shared.engine import Document, Get, Loading, Query, UnitOfWork
from shared.people import Marker, Particulars
from shared.people.storage import MAX_MILLIS
from shared.runtime.audit import area_within

MOST_ALIKE: Final = 20
"""Residents found by each of number, telephone with name, and name with year of birth."""
MOST_NAMED: Final = 5
"""Likely the same people whom a refusal names."""
_NUMBER: Final = "i"
_SURE: Final = ("i", "c", "n")
_SOUND: Final = "s"
_NAMED: Final = "n"
"""Name and year of birth: the mark of everybody whose year is known."""
_APART: Final = (("i",), ("c",), ("n", "s"))
"""The kinds of marks that are searched apart, the surest first: many of one name hide nobody of the same number."""


@dataclass(frozen=True)
class AlikeResidents(Query[ResidentRecord]):
    """The residents within an area who have one of these marks; `numbers` are those of the person's own number."""

    model = ResidentRecord
    limit: ClassVar[int] = MOST_ALIKE * len(_APART)
    marks: tuple[str, ...]
    area: str
    numbers: tuple[str, ...] = ()

    @classmethod
    def of(cls, person: Particulars, marker: Marker, area: str) -> "AlikeResidents":
        """Return the search for this person within that area, the actor's own."""
        return cls.by(marks_of(person, marker), area)

    @classmethod
    def by(cls, marks: Collection[str], area: str) -> "AlikeResidents":
        """Return the search for the person with all these marks. Names sound alike only with the year of birth."""
        kinds = (*_SURE, _SOUND) if any(mark[:1] == _NAMED for mark in marks) else _SURE
        found = tuple(mark for mark in marks if mark[:1] in kinds)
        return cls(found, area, _numbers_of(found))

    def beyond(self, marks: Collection[str]) -> "AlikeResidents":
        """Return the search without these marks."""
        return replace(self, marks=tuple(mark for mark in self.marks if mark not in marks))

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["AlikeResidents"]) -> list[list[Document]]:
        """Return the documents for each query, by the index of marks and area: three finds for all of one area.

        Where these find more than the queries may have between them, each query has finds of its own.
        """
        records, found = database[ResidentRecord.collection], [dict[str, Document]() for _ in queries]

        def find(marks: Collection[str], area: str) -> Cursor[Document]:
            rule: Document = {"marks": {"$in": list(marks)}, **area_within(area)}
            return records.find(rule).max_time_ms(MAX_MILLIS)

        for (area, _), asked in _group(queries).items():
            most = MOST_ALIKE * len(asked)
            # Not sorted: where there are no more than these, each query sorts its own.
            rows = list(find({mark for marks in asked.values() for mark in marks}, area).limit(most + 1))
            shared = _by_mark(rows) if len(rows) <= most else None
            for nth, marks in asked.items():
                own = (
                    _choose(shared, marks) if shared is not None else find(marks, area).sort("_id", 1).limit(MOST_ALIKE)
                )
                found[nth].update((row["_id"], row) for row in own)
        return [list(rows.values()) for rows in found]

    @property
    def search_keys(self) -> frozenset[str]:
        """The marks, one of which everybody has who fits."""
        return frozenset(self.marks)

    @classmethod
    def search_keys_of(cls, entity: ResidentRecord) -> tuple[str, ...]:
        """Return all marks of the resident."""
        return entity.marks

    @cached_property
    def intakes(self) -> Sequence[str]:
        """The ids of the parts of the marks of which any two people alike share one: see `Intake`.

        Those of one name and year of birth sound the same.
        """
        sound = any(mark[:1] == _SOUND for mark in self.marks)
        return intake_ids([mark for mark in self.marks if not (sound and mark[:1] == _NAMED)])

    def matches(self, entity: ResidentRecord) -> bool:
        """Return whether the resident is within the area and has one of the marks."""
        return entity.area.startswith(self.area) and not set(self.marks).isdisjoint(entity.marks)

    def rank(self, entity: ResidentRecord) -> int:
        """Return the sort key: the surest kind of mark in common."""
        kinds = {mark[:1] for mark in set(self.marks).intersection(entity.marks)}
        return next((nth for nth, apart in enumerate(_APART) if not kinds.isdisjoint(apart)), len(_APART))


def intake_loads(alike: AlikeResidents) -> list[Get[Intake]]:
    """Return the loads that `take_in` needs."""
    return [Get(Intake, one) for one in alike.intakes]


def take_in(work: UnitOfWork, alike: AlikeResidents) -> None:
    """Count the marks of the search, so that of two people alike that are decided at once the second sees the first.

    Needs `intake_loads`.
    """
    for one in alike.intakes:
        intake = work.get(Intake, one) or Intake(id=one)
        work.put(intake.model_copy(update={"registered": intake.registered + 1}))


def load_known(work: UnitOfWork, alike: AlikeResidents) -> Loading:
    """Load the residents behind the records found, for `require_none_alike`. Needs the query."""
    if found := [Get(Resident, record.id) for record in work.find(alike)]:
        yield found


def require_none_alike(
    work: UnitOfWork, alike: AlikeResidents, own_id: str, despite: Collection[str], field: str = "despite"
) -> None:
    """Raise Refused("conflict") naming the residents who are likely the same person and are not in `despite`.

    A merged record counts as the one that stands for it. Needs the query and `load_known`.
    """
    found: dict[str, None] = {}
    for record in work.find(alike):
        resident = work.get(Resident, record.id)
        if resident is None or resident.state == "erased" or _are_apart(alike.numbers, _numbers_of(record.marks)):
            continue
        found[resident.merged_into or resident.id] = None
    unknown = [one for one in found if one != own_id and one not in despite]
    if unknown:
        ids = ",".join(unknown[:MOST_NAMED])
        raise Refused("conflict", "resident_likely_known", field=field, count=len(unknown), ids=ids)


def _numbers_of(marks: Collection[str]) -> tuple[str, ...]:
    return tuple(mark for mark in marks if mark[:1] == _NUMBER)


def _are_apart(numbers: Collection[str], others: Collection[str]) -> bool:
    return bool(numbers) and bool(others) and set(numbers).isdisjoint(others)


def _group(queries: Sequence[AlikeResidents]) -> dict[tuple[str, tuple[str, ...]], dict[int, tuple[str, ...]]]:
    """Return the marks of each query by its place, grouped by the area and the kinds that are searched apart."""
    groups: dict[tuple[str, tuple[str, ...]], dict[int, tuple[str, ...]]] = {}
    for nth, query in enumerate(queries):
        for kinds in _APART:
            if marks := tuple(mark for mark in query.marks if mark[:1] in kinds):
                groups.setdefault((query.area, kinds), {})[nth] = marks
    return groups


def _by_mark(rows: Sequence[Document]) -> dict[str, list[Document]]:
    by_mark: dict[str, list[Document]] = {}
    for row in rows:
        for mark in row["marks"]:
            by_mark.setdefault(mark, []).append(row)
    return by_mark


def _choose(by_mark: Mapping[str, Sequence[Document]], marks: Collection[str]) -> list[Document]:
    """Return the documents with one of the marks, each once, the earliest ids first and at most MOST_ALIKE."""
    own = {row["_id"]: row for mark in marks for row in by_mark.get(mark, ())}
    return [own[one] for one in sorted(own)[:MOST_ALIKE]]
