"""The handlers of erasures: the request, the answers of the services, the deadline, and the replay after a restore."""

from datetime import datetime
from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.erasures.domain import (
    REMINDERS,
    STEPS,
    Erasure,
    ErasureDue,
    answered,
    find_next_step,
    overdue,
    requested,
)
from services.stations.erasures.journal import HEAD_LOAD, ErasureReplayed, append_entry
from shared.contracts.charity.erasures import CharityErasureAnswered
from shared.contracts.erasure_parts import ErasureAnswer, ErasureOutcome
from shared.contracts.messages import EventData
from shared.contracts.plain import Shape
from shared.contracts.stations.erasures import (
    PRIVATELY,
    ErasureCompleted,
    ErasureOverdue,
    ErasureProgressed,
    ErasureRequested,
    ErasureShape,
    PrivateErasureOverdue,
    RequestErasure,
    names_private,
)
from shared.contracts.volunteering.erasures import VolunteeringErasureAnswered
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain
from shared.people.erasing import ErasurePart, begin_parts, part_loads

ERASURES: Final = Plain(Erasure, "erasure", ErasureShape, find_next_step, reminders=REMINDERS)


def request_erasure(message: Incoming[RequestErasure], vault: Namer) -> Handling:
    """Enter the erasure into the journal and have every service erase. Answers ErasureShape.

    Raises Refused("invalid") for an unknown area.
    """
    asked, actor = message.data, message.actor
    yield [*load_areas(asked.area), HEAD_LOAD, *name_load(vault, actor.principal, "erasure", asked.external_id)]
    work = yield TURN
    check_known(work, "area", asked.area)
    erasure = requested(asked, work.new_id("erasure"), actor.area, work.now)
    yield part_loads("stations", erasure)
    keep_name(work, vault, "erasure", erasure.id, asked.external_id)
    append_entry(work, erasure)
    return _begin(work, erasure)


def follow_answer(message: Incoming[ErasureAnswer]) -> Handling:
    """Keep the outcome about one person in the report; the last one completes the erasure."""
    answer = message.data
    yield [Get(Erasure, answer.erasure_id)]
    work = yield TURN
    before = work.get(Erasure, answer.erasure_id)
    if before is None:
        return  # of a restore that does not know the erasure yet: it is replayed, and answered again
    _keep(work, before, answered(before, answer.nth, answer.version, answer.outcome, work.now))


def replay_erasure(message: Incoming[ErasureReplayed]) -> Handling:
    """Request an erasure of the journal again after a restore; one that is known stays as it is."""
    entry = message.data.entry
    yield [Get(Erasure, entry.erasure_id)]
    work = yield TURN
    if work.get(Erasure, entry.erasure_id) is None:
        asked = RequestErasure.model_validate({"people": entry.people, "ground": entry.ground, "area": entry.area})
        erasure = requested(asked, entry.erasure_id, entry.reach, datetime.fromisoformat(entry.at))
        yield part_loads("stations", erasure)
        _begin(work, erasure)


def keep_outcome(work: UnitOfWork, part: ErasurePart, outcome: ErasureOutcome) -> None:
    """Keep the outcome about a person whom stations knows itself. Needs the load of the Erasure."""
    before = work.get(Erasure, part.erasure_id)
    if before is not None:
        _keep(work, before, answered(before, part.nth, part.version, outcome, work.now))


def _begin(work: UnitOfWork, erasure: Erasure) -> Shape:
    # Stations does not hear its own events: its part begins in the same transaction.
    begin_parts(work, "stations", erasure, STEPS)
    return ERASURES.store(work, None, erasure, _event_of(erasure, ErasureRequested))


def _keep(work: UnitOfWork, before: Erasure, after: Erasure) -> None:
    completes = after.state == "done" and before.state != "done"
    ERASURES.store(work, before, after, _event_of(after, ErasureCompleted if completes else ErasureProgressed))


def _event_of(erasure: Erasure, public: type[EventData]) -> type[EventData]:
    """Return the event, or the private one of an erasure that names a person whom not everybody may see."""
    return PRIVATELY[public] if names_private(erasure.people) else public


def remind(message: Incoming[ErasureDue]) -> Handling:
    """Show that the deadline has passed, and remind the next level; a timer that fires early changes nothing."""
    work = yield [Get(Erasure, message.data.id)]
    known = work.get(Erasure, message.data.id)
    private = known is not None and names_private(known.people)
    yield from (_REMIND_PRIVATELY if private else _REMIND)(message)


_REMIND: Final = ERASURES.remind(ErasureOverdue, overdue)
_REMIND_PRIVATELY: Final = ERASURES.remind(PrivateErasureOverdue, overdue)
HANDLERS: Final[HandlerTable] = {
    RequestErasure: request_erasure,
    CharityErasureAnswered: follow_answer,
    VolunteeringErasureAnswered: follow_answer,
    ErasureDue: remind,
    ErasureReplayed: replay_erasure,
}
