"""The search for the same person before a registration: by marks alone, so that nobody's data is opened for it.

Two people are likely one where they share the identity number, telephone and name, or name and year of birth as they
are written or as they sound: the combinations that reach LIKELY points of `shared/people/likeness.py`. People with
different identity numbers are not. A closer comparison, with reasons and points, is an audited query.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

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
        """Return the documents for each query, at most three finds each by the index of marks and area."""
        records = database[ResidentRecord.collection]

        def find(rule: Document) -> list[Document]:
            return list(records.find(rule).sort("_id", 1).limit(MOST_ALIKE).max_time_ms(MAX_MILLIS))

        return [list({row["_id"]: row for rule in one.rules for row in find(rule)}.values()) for one in queries]

    @property
    def rules(self) -> list[Document]:
        """The MongoDB rules of these residents, one for each of `_APART` of which there are marks."""
        kinds = ([mark for mark in self.marks if mark[:1] in apart] for apart in _APART)
        return [{"marks": {"$in": marks}, **area_within(self.area)} for marks in kinds if marks]

    def matches(self, entity: ResidentRecord) -> bool:
        """Return whether the resident is within the area and has one of the marks."""
        return entity.area.startswith(self.area) and not set(self.marks).isdisjoint(entity.marks)

    def rank(self, entity: ResidentRecord) -> int:
        """Return the sort key: the surest kind of mark in common."""
        kinds = {mark[:1] for mark in set(self.marks).intersection(entity.marks)}
        return next((nth for nth, apart in enumerate(_APART) if not kinds.isdisjoint(apart)), len(_APART))


def intake_loads(alike: AlikeResidents) -> list[Get[Intake]]:
    """Return the loads that `take_in` needs."""
    return [Get(Intake, one) for one in intake_ids(alike.marks)]


def take_in(work: UnitOfWork, alike: AlikeResidents) -> None:
    """Count the marks of the search, so that of two people alike that are decided at once the second sees the first.

    Needs `intake_loads`.
    """
    for one in intake_ids(alike.marks):
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
