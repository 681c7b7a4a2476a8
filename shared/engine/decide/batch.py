"""The heart of the engine, without I/O: many handlers run to their turn together, then decide one after another."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from shared.contracts.envelope import CloudEvent
from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity, EntityKey
from shared.engine.decide.handlers import Handler, Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import Load, Turn
from shared.engine.decide.unit_of_work import IdentityMap, TimerRow, UnitOfWork

MAX_ROUNDS: Final = 8
"""How often a handler may ask for more; one that asks more often has lost its way."""

Fetch = Callable[[IdentityMap, Iterable[Load]], None]
"""Puts what is asked for on the identities, as far as it is not there yet."""


@dataclass(slots=True)
class Outcome:
    """What became of one message: an answer, a refusal, or a failure (then nothing of it was kept)."""

    message: Incoming[Any]
    answer: Any = None
    refusal: Refused | None = None
    failure: Exception | None = None


@dataclass(slots=True)
class Decided:
    """What a batch wants committed."""

    identities: IdentityMap
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[CloudEvent] = field(default_factory=list)
    timers: dict[str, TimerRow] = field(default_factory=dict)

    @property
    def writes(self) -> list[tuple[EntityKey, Entity | None, Entity]]:
        """(key, as stored, as it shall be) of each entity that the batch changed."""
        identities = self.identities
        keys = ((model, i) for model, ids in identities.changed.items() for i in ids)
        return [(k, identities.stored.get(k), now) for k in keys if (now := identities.current[k]) is not None]


@dataclass(slots=True)
class _Running:
    message: Incoming[Any]
    work: UnitOfWork
    handling: Handling
    outcome: Outcome
    wants: Sequence[Load] | Turn | None = None


def decide(batch: Sequence[tuple[Incoming[Any], Handler]], fetch: Fetch, now: datetime) -> Decided:
    """Run every handler. One that fails or refuses leaves no trace in the others."""
    decided = Decided(IdentityMap())
    running = [_start(decided, message, handler, now) for message, handler in batch]
    _load_together(decided.identities, running, fetch)
    for run in running:
        if run.outcome.failure is None and run.outcome.refusal is None and run.wants is not None:
            _take_turn(decided, run, fetch)
    return decided


def _start(decided: Decided, message: Incoming[Any], handler: Handler, now: datetime) -> _Running:
    outcome = Outcome(message)
    decided.outcomes.append(outcome)
    run = _Running(message, UnitOfWork(decided.identities, message, now), handler(message), outcome)
    _advance(run, None)
    return run


def _load_together(identities: IdentityMap, running: Sequence[_Running], fetch: Fetch) -> None:
    for _ in range(MAX_ROUNDS):
        asking = [run for run in running if run.wants is not None and not isinstance(run.wants, Turn)]
        if not asking:
            return
        fetch(identities, (load for run in asking for load in run.wants))  # type: ignore[union-attr]
        for run in asking:
            _advance(run, run.work)
    for run in running:
        if run.wants is not None and not isinstance(run.wants, Turn):
            run.wants, run.outcome.failure = None, RuntimeError(f"asked for more than {MAX_ROUNDS} times")


def _take_turn(decided: Decided, run: _Running, fetch: Fetch) -> None:
    run.work.writable = True
    for _ in range(MAX_ROUNDS):
        _advance(run, run.work)
        if run.wants is None:
            break
        if not isinstance(run.wants, Turn):
            fetch(decided.identities, run.wants)
    else:
        run.outcome.failure = RuntimeError(f"asked for more than {MAX_ROUNDS} times in its turn")
    if run.outcome.failure is None and run.outcome.refusal is None:
        _keep(decided, run.work)


def _advance(run: _Running, work: UnitOfWork | None) -> None:
    try:
        run.wants = next(run.handling) if work is None else run.handling.send(work)
    except StopIteration as end:
        run.wants, run.outcome.answer = None, end.value
    except Refused as refusal:
        run.wants, run.outcome.refusal = None, refusal
    except Exception as failure:  # noqa: BLE001 - one bad message must not hold the others; the loop judges it
        run.wants, run.outcome.failure = None, failure


def _keep(decided: Decided, work: UnitOfWork) -> None:
    for key, entity in work.staged.items():
        decided.identities.current[key] = entity
        decided.identities.stored.setdefault(key, None)
        decided.identities.changed.setdefault(key[0], set()).add(key[1])
    decided.events.extend(work.events)
    decided.timers.update(work.timers)
