"""The core of the engine, without I/O: run the handlers of a batch together to their turn, then one after another."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from shared.contracts.envelope import CloudEvent
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused
from shared.engine.decide.access import refuse_actor
from shared.engine.decide.entity import Entity, EntityKey
from shared.engine.decide.handlers import Handler, Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.limits import EventTooLargeError, NotCommittableError, encode_event, refuse_large
from shared.engine.decide.loads import Get, Load, Turn
from shared.engine.decide.unit_of_work import IdentityMap, TimerRow, UnitOfWork

MAX_ROUNDS: Final = 8
"""How often a handler may ask for loads before its turn, and how often again in its turn. Each time is a round trip to
MongoDB for the whole batch; a handler that asks more often follows a chain without an end.
"""

Fetch = Callable[[IdentityMap, Iterable[Load]], None]
"""Loads entities and query results into the identity map, except those that are in it already."""


class NoCallerError(RuntimeError):
    """A handler of events or timers has refused: nobody waits for the answer, and the message is not handled yet."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(f"refused without a caller: {refusal.code}, {refusal.rule}")


@dataclass(slots=True)
class Outcome:
    """The result of one message: an answer, a refusal of a command, or a failure. Only an answer keeps the writes."""

    message: Incoming[object]
    answer: object = None
    refusal: Refused | None = None
    failure: Exception | None = None
    subjects: Sequence[str] = ()
    """The ids that a command has changed, for the audit: those of its events, and those that it names."""
    areas: Sequence[str] = ()
    """The area of each of them; empty where it has none."""


@dataclass(slots=True)
class Decisions:
    """The decisions about a batch: its outcomes in order of arrival, and the changes, events and timers to commit."""

    identities: IdentityMap
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[CloudEvent] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """The events in JSON, in the same order."""
    timers: dict[str, TimerRow] = field(default_factory=dict)

    @property
    def removals(self) -> list[Entity]:
        """Each entity to delete, as it was read; one that the batch itself has made is in no store yet."""
        identities = self.identities
        keys = ((model, i) for model, ids in identities.changed_ids.items() for i in ids)
        gone = (identities.originals.get(key) for key in keys if identities.entities[key] is None)
        return [entity for entity in gone if entity is not None]

    @property
    def writes(self) -> list[tuple[EntityKey, Entity | None, Entity]]:
        """Each changed entity as (key, entity as it was read, entity to store)."""
        identities = self.identities
        keys = ((model, i) for model, ids in identities.changed_ids.items() for i in ids)
        return [(k, identities.originals.get(k), now) for k in keys if (now := identities.entities[k]) is not None]


@dataclass(slots=True)
class _Run:
    """A handler under way. `requested` is its last request; None once it has ended."""

    work: UnitOfWork
    handling: Handling
    outcome: Outcome
    requested: Sequence[Load] | Turn | None = None

    def fail(self, failure: Exception) -> None:
        """End the handler with a failure of its own making."""
        self.requested, self.outcome.failure = None, failure
        self.handling.close()


@dataclass(slots=True)
class Begun:
    """A batch whose handlers have run to their first request: nothing has been read for it. It is concluded once."""

    decisions: Decisions
    runs: Sequence[_Run]


def decide(batch: Sequence[tuple[Incoming[object], Handler]], fetch: Fetch, now: datetime) -> Decisions:
    """Run every handler of the batch and return the decisions; `now` is the time of all of them (UTC).

    A handler that fails or refuses leaves no trace in the others. Raises only the errors of `fetch`.
    """
    return conclude(begin(batch, now), fetch, now)


def begin(batch: Sequence[tuple[Incoming[object], Handler]], now: datetime) -> Begun:
    """Run every handler of the batch to its first request, which depends on its message alone."""
    decisions = Decisions(IdentityMap())
    return Begun(decisions, [_start(decisions, message, handler, now) for message, handler in batch])


def conclude(begun: Begun, fetch: Fetch, now: datetime) -> Decisions:
    """Run the handlers of the batch to their ends and return the decisions, as `decide` does."""
    decisions = begun.decisions
    for run in begun.runs:
        run.work.now = now
    _load_together(decisions.identities, begun.runs, fetch)
    for run in begun.runs:
        if run.requested is not None:  # neither failed nor refused, and not ended without a turn
            _take_turn(decisions, run, fetch)
    return decisions


def _start(decisions: Decisions, message: Incoming[object], handler: Handler, now: datetime) -> _Run:
    outcome = Outcome(message)
    decisions.outcomes.append(outcome)
    run = _Run(UnitOfWork(decisions.identities, message, now), handler(message), outcome)
    if isinstance(message.data, Command):
        outcome.refusal = refuse_actor(message.actor, message.data)
    if outcome.refusal is None:
        _resume(run, None)
    else:
        run.handling.close()  # before its first line: nothing is read
    return run


def _load_together(identities: IdentityMap, runs: Sequence[_Run], fetch: Fetch) -> None:
    """Answer the loads of all handlers, round by round, until each waits for its turn or has ended."""
    for _ in range(MAX_ROUNDS):
        # One call for the loads of all handlers: one query reads all that go by id, another all of one kind.
        loading = [run for run in runs if run.requested is not None and not isinstance(run.requested, Turn)]
        if not loading:
            return
        _fetch(identities, fetch, [load for run in loading for load in run.requested])  # type: ignore[union-attr]
        for run in loading:
            _resume(run, run.work)
    for run in runs:
        if run.requested is not None and not isinstance(run.requested, Turn):
            run.fail(RuntimeError(f"asked for more than {MAX_ROUNDS} times"))


def _fetch(identities: IdentityMap, fetch: Fetch, loads: Sequence[Load]) -> None:
    fetch(identities, loads)
    identities.within.update(load for load in loads if isinstance(load, Get) and load.within is not None)


def _take_turn(decisions: Decisions, run: _Run, fetch: Fetch) -> None:
    """Resume one handler to its end; accept its writes where it has neither failed nor refused."""
    # From here on the handler sees every accepted write of the messages before it.
    run.work.writable = True
    _resume(run, run.work)
    rounds = 0
    while run.requested is not None:
        if rounds == MAX_ROUNDS:
            run.fail(RuntimeError(f"asked for more than {MAX_ROUNDS} times in its turn"))
            break
        if not isinstance(run.requested, Turn):  # a second TURN asks for nothing: the handler has its turn
            _fetch(decisions.identities, fetch, run.requested)
        _resume(run, run.work)
        rounds += 1
    data = run.work.message.data
    ended_well = run.outcome.failure is None and run.outcome.refusal is None
    if ended_well and isinstance(data, Command) and data.scope.found and not run.work.reach_decided:
        run.fail(RuntimeError(f"the handler of {data.type} does not check that its actor reaches {data.scope.found}"))
    bodies = _encode(run) if run.outcome.failure is None and run.outcome.refusal is None else None
    if bodies is not None:
        _accept(decisions, run.work, bodies)
        if isinstance(data, Command) and run.work.staged:
            _note_subjects(run.outcome, run.work, data)


def _encode(run: _Run) -> list[bytes] | None:
    """Return the run's events in JSON; None where one cannot be sent: then the run has failed, or is refused.

    A command can be made smaller by its sender, so it is refused; an event or a timer fails, and an operator sees it.
    """
    data = run.work.message.data
    try:
        return [encode_event(event) for event in run.work.events]
    except EventTooLargeError as error:
        if isinstance(data, Command):
            run.outcome.refusal, run.outcome.answer = refuse_large(data, error), None
        else:
            run.fail(error)
    except NotCommittableError as error:
        run.fail(error)
    return None


def _note_subjects(outcome: Outcome, work: UnitOfWork, data: Command) -> None:
    """Note the subjects of a command that has made a change, each once with its area."""
    areas = {subject: work.reached.get(subject, "") for subject in data.ids_found()}
    for event in work.events:
        # The latest counts: a thing that was moved stands where its event says.
        areas[event.subject] = event.area or areas.get(event.subject, "")
    outcome.subjects, outcome.areas = list(areas), list(areas.values())


def _resume(run: _Run, work: UnitOfWork | None) -> None:
    """Let the handler go on to its next request or to its end."""
    try:
        run.requested = next(run.handling) if work is None else run.handling.send(work)
    except StopIteration as end:
        run.requested, run.outcome.answer = None, end.value
    except Refused as refusal:
        run.requested = None
        if run.work.message.realm == "command":
            run.outcome.refusal = refusal
        else:
            run.outcome.failure = NoCallerError(refusal)
            run.outcome.failure.__cause__ = refusal
    except Exception as failure:  # noqa: BLE001 - one bad message must not hold the others; the processor judges it
        run.requested, run.outcome.failure = None, failure


def _accept(decisions: Decisions, work: UnitOfWork, bodies: Sequence[bytes]) -> None:
    """Let later messages of the batch, and the commit, see the writes of this one."""
    identities = decisions.identities
    for key, entity in work.staged.items():
        identities.entities[key] = entity
        identities.originals.setdefault(key, None)
        identities.changed_ids.setdefault(key[0], set()).add(key[1])
        identities.keyed.note(key)
    decisions.events.extend(work.events)
    decisions.bodies.extend(bodies)
    decisions.timers.update(work.timers)
