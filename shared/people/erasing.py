"""The erasure of one person in the service that knows them: its part, and the steps that every service shares.

A part proceeds by timers, one step a transaction: open work is ended first, then the failed commands are searched
twice, page by page, while the person's data can still be read, and the last step deletes data and key and answers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from shared.contracts.erasure_parts import ErasedCategory, ErasureAnswer, ErasureOutcome
from shared.contracts.messages import Timer
from shared.contracts.persons import OWNERS
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import Refused
from shared.contracts.stations.erasures import ErasureShape
from shared.engine import TURN, Document, Entity, Get, Handler, Handling, Incoming, Load, Query, UnitOfWork
from shared.engine.decide.external_ids import ExternalId
from shared.people.identities import identity_of
from shared.people.keys import OWN_KEY, DataKey, key_id
from shared.people.storage import MAX_MILLIS

RETRY: Final = timedelta(hours=1)
"""How soon a person is looked at again, about whom something is still open."""
AT_ONCE: Final = timedelta(milliseconds=1)
"""A timer is handled once for each instant at which it is due, so that the next step has a later one."""
BETWEEN_SEARCHES: Final = timedelta(seconds=10)
"""How long after its first search for failed commands a part begins the second one. A command that was being handled
meanwhile has failed by then, or has succeeded.
"""
MOST_NAMES: Final = 100
"""External ids of one person that one step deletes."""
MOST_NAMED: Final = 5
"""Other ids of a person that a reason names."""
MOST_ERASURES: Final = 1_000
"""Ended erasures of the persons of one batch; hardly anybody is erased twice."""


class ErasurePart(Entity):
    """One person of an erasure, `nth` of its people, in the service that knows them.

    `searched` is the id of the last failed command that was looked at, `second` whether they are searched once more,
    `passed` holds the dispatches that stay, `counts` the number deleted so far, by category.
    """

    collection: ClassVar[str] = "erasure_parts"

    erasure_id: str
    nth: int
    kind: str
    subject: str
    area: str
    reach: str
    state: str = "pending"
    searched: str = ""
    second: bool = False
    passed: tuple[str, ...] = ()
    counts: Mapping[ErasedCategory, int] = {}

    def counted(self, category: ErasedCategory, more: int = 1) -> "ErasurePart":
        """Return the part with so many things more deleted in the category."""
        counts = {**self.counts, category: self.counts.get(category, 0) + more} if more else self.counts
        return self.model_copy(update={"counts": counts})

    def reaches(self, area: str) -> bool:
        """Return whether a person of that area is within the reach of the one who asked."""
        return area.startswith(self.reach)


BY_AGE: Final = "retention"
"""The erasure of a part that no erasure has asked for: the person's data is too old, and nobody is answered."""
Tell = Callable[[UnitOfWork, ErasurePart, ErasureOutcome], None]
"""Tells the aggregate of an outcome about the part's person, at the part's version."""


class ErasureStepDue(Timer):
    """The next step of a part is due. Each service has a subclass with its `type`."""

    part_id: str


@dataclass(frozen=True)
class NamesOf(Query[ExternalId]):
    """The external ids of one thing, from all principals."""

    model = ExternalId
    limit: ClassVar[int] = MOST_NAMES
    about: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["NamesOf"]) -> list[list[Document]]:
        """Return the documents for each query, by one find."""
        rule: Document = {"about": {"$in": [query.about for query in queries]}}
        rows = list(database[ExternalId.collection].find(rule).limit(cls.limit * len(queries)).max_time_ms(MAX_MILLIS))
        return [[row for row in rows if row["about"] == query.about][: cls.limit] for query in queries]

    def matches(self, entity: ExternalId) -> bool:
        """Return whether the name is that of the thing."""
        return entity.about == self.about


@dataclass(frozen=True)
class Erased(Query[ErasurePart]):
    """The ended erasure of one person, if there is one."""

    model = ErasurePart
    limit: ClassVar[int] = 1
    subject: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["Erased"]) -> list[list[Document]]:
        """Return the document for each query, by one find."""
        rule: Document = {"subject": {"$in": [query.subject for query in queries]}, "state": "erased"}
        parts = database[ErasurePart.collection].find(rule).limit(MOST_ERASURES).max_time_ms(MAX_MILLIS)
        found = {row["subject"]: row for row in parts}
        return [[found[query.subject]] if query.subject in found else [] for query in queries]

    def matches(self, entity: ErasurePart) -> bool:
        """Return whether the part is that person's, and has ended."""
        return entity.subject == self.subject and entity.state == "erased"


def require_not_erased(work: UnitOfWork, field: str, *people: str) -> None:
    """Raise Refused("wrong_state") where the data of one of these ids was erased: nothing may be added again.

    Needs a load of `Erased` for each.
    """
    for person_id in people:
        if work.find(Erased(person_id)):
            raise Refused("wrong_state", "person_erased", field=field, id=person_id)


INDEXES: Final[dict[str, list[IndexModel]]] = {
    # For a copy of all that is held on a person.
    ErasurePart.collection: [IndexModel([("subject", ASCENDING), ("_id", ASCENDING)], name="subject")],
    ExternalId.collection: [IndexModel([("about", ASCENDING)], name="about")],
}


def part_loads(service: str, asked: ErasureShape) -> list[Load]:
    """Return the loads that `begin_parts` needs."""
    return [Get(ErasurePart, f"{asked.id}.{nth}") for nth, _ in _own(service, asked)]


def begin_parts(
    work: UnitOfWork, service: str, asked: ErasureShape, timers: Mapping[str, type[ErasureStepDue]]
) -> None:
    """Begin a part for each person of the erasure whom the service knows by its kind; one that has begun stays.

    `timers` has the timer of the steps for each kind of person that the service keeps.
    """
    for nth, one in _own(service, asked):
        part_id = f"{asked.id}.{nth}"
        if work.get(ErasurePart, part_id) is None:
            part = ErasurePart(
                id=part_id, erasure_id=asked.id, nth=nth, kind=one.kind, subject=one.id, area=asked.area,
                reach=asked.reach,
            )  # fmt: skip
            go_on(work, part, timers[one.kind])


def follow_requests(service: str, timers: Mapping[str, type[ErasureStepDue]]) -> Handler:
    """Return the handler of the event that asks every service to erase. `timers` are those of `begin_parts`."""

    def begin(message: Incoming[ErasureShape]) -> Handling:
        yield part_loads(service, message.data)
        work = yield TURN
        begin_parts(work, service, message.data, timers)

    return begin


def _own(service: str, asked: ErasureShape) -> list[tuple[int, ErasureOutcome]]:
    return [(nth, one) for nth, one in enumerate(asked.people) if OWNERS.get(one.kind) == service]


def announce(event: type[ErasureAnswer]) -> Tell:
    """Return the way to tell stations of an outcome: by an event of the service."""

    def tell(work: UnitOfWork, part: ErasurePart, outcome: ErasureOutcome) -> None:
        if part.erasure_id == BY_AGE:
            return
        data = event(erasure_id=part.erasure_id, nth=part.nth, version=part.version, outcome=outcome)
        work.emit(data, about=part, area=part.area)

    return tell


def area_of(person: Entity) -> str:
    """Return the area of a person, as the owner's entity has it; empty where it has none."""
    return str(getattr(person, "area", ""))


def part_load(message: Incoming[ErasureStepDue]) -> list[Load]:
    """Return the load of the part whose step is due."""
    return [Get(ErasurePart, message.data.part_id)]


def open_part(work: UnitOfWork, message: Incoming[ErasureStepDue]) -> ErasurePart | None:
    """Return the part as it stands; None where it has ended. Needs `part_load`."""
    part = work.get(ErasurePart, message.data.part_id)
    return None if part is None or part.state in {"erased", "unknown"} else part


def go_on(work: UnitOfWork, part: ErasurePart, timer: type[ErasureStepDue]) -> None:
    """Store the part and have its next step follow at once; the second search for failed commands a while later."""
    work.put(part)
    pause = BETWEEN_SEARCHES if part.second and not part.searched else AT_ONCE
    work.remind(_timer_key(part), work.now + pause, timer(part_id=part.id))


def wait(work: UnitOfWork, part: ErasurePart, timer: type[ErasureStepDue], tell: Tell, because: Reason) -> None:
    """Answer once that something is open, and look again in an hour."""
    if part.state != "waiting":
        _answer(work, part.model_copy(update={"state": "waiting"}), tell, waiting=because)
    work.remind(_timer_key(part), work.now + RETRY, timer(part_id=part.id))


def finish(work: UnitOfWork, part: ErasurePart, state: str, tell: Tell, kept: Sequence[Reason] = ()) -> None:
    """End the part, as `erased` or `unknown`, and answer."""
    _answer(work, part.model_copy(update={"state": state}), tell, kept=kept)


def delete_names(work: UnitOfWork, part: ErasurePart) -> ErasurePart:
    """Delete the external ids of the person; return the part with their number. Needs `NamesOf`."""
    names = work.find(NamesOf(part.subject))
    for name in names:
        work.remove(name)
    return part.counted("external_ids", len(names))


def explain_other_ids(work: UnitOfWork, person_id: str) -> list[Reason]:
    """Return the reason that other ids of the same person stay, where a merge has made them one. Needs `identity_load`.

    They are erased by a request that names them: a merge may be undone, and then they were two persons.
    """
    identity = identity_of(work, person_id)
    others = sorted({identity.survivor, *identity.others} - {person_id})
    return [reason("kept_merged_ids", ids=",".join(others[:MOST_NAMED]))] if others else []


def delete_key(work: UnitOfWork, part: ErasurePart, record: Entity | None) -> ErasurePart:
    """Delete the person's data key, so that nothing opens the values it has sealed, in any copy. Needs `key_loads`.

    A key that the record carries goes with the record, or with the part of the record that is removed.
    """
    key = work.get(DataKey, key_id(part.subject))
    if key is not None:
        work.remove(key)
    return part if key is None and not getattr(record, OWN_KEY, None) else part.counted("data_key")


def _answer(
    work: UnitOfWork, part: ErasurePart, tell: Tell, *, waiting: Reason | None = None, kept: Sequence[Reason] = ()
) -> None:
    stored = work.put(part)
    fields = {"kind": stored.kind, "id": stored.subject, "state": stored.state, "waiting": waiting, "kept": kept}
    erased = [{"category": category, "count": count} for category, count in stored.counts.items()]
    tell(work, stored, ErasureOutcome.model_validate({**fields, "erased": erased}))


def _timer_key(part: ErasurePart) -> str:
    return f"erasure:{part.id}"
