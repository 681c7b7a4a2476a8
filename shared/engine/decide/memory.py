"""An engine without servers: the same batches and desks over a dictionary. For unit and property tests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.contracts.envelope import CloudEvent
from shared.contracts.messages import Command, EventData, Timer
from shared.engine.decide.batch import Outcome, decide
from shared.engine.decide.entity import Entity, EntityKey, T
from shared.engine.decide.handlers import Handlers
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import Get, Load
from shared.engine.decide.unit_of_work import IdentityMap

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass
class MemoryEngine:
    """Give it events, commands and timers; look at what is stored and said."""

    handlers: Handlers
    now: datetime = START
    entities: dict[EntityKey, Entity] = field(default_factory=dict)
    timers: dict[str, tuple[datetime, Timer]] = field(default_factory=dict)
    events: list[CloudEvent] = field(default_factory=list)
    seen: dict[str, Outcome] = field(default_factory=dict)
    _count: int = 0

    def command(self, data: Command, key: str | None = None) -> Any:
        """Do it; gives the answer, raises the refusal."""
        return self._one("command", data, data.type, key or self._next("command"))

    def event(self, event: CloudEvent) -> None:
        """Hear it (again)."""
        self._one("event", event.data, event.type, event.key, event)

    def advance(self, by: timedelta) -> None:
        """Let time pass, firing what falls due, in order."""
        end = self.now + by
        while due := sorted((at, key) for key, (at, _) in self.timers.items() if at <= end):
            at, key = due[0]
            self.now = max(self.now, at)
            _, timer = self.timers.pop(key)
            self._one("timer", timer, timer.type, f"timer:{key}:{at.isoformat()}")
        self.now = end

    def all(self, model: type[T]) -> list[T]:
        """Every stored entity of the model, by id."""
        return [e for (m, _), e in sorted(self.entities.items(), key=lambda kv: kv[0][1]) if m is model]  # type: ignore[misc]

    def one(self, model: type[T], entity_id: str) -> T:
        """The stored entity."""
        return self.entities[model, entity_id]  # type: ignore[return-value]

    def emitted(self, kind: type[EventData]) -> list[Any]:
        """The data of every event of that kind, in order."""
        return [e.data for e in self.events if e.type == kind.type]

    def batch(self, messages: Sequence[Incoming[Any]]) -> list[Outcome]:
        """Decide and keep a batch as the engine does."""
        fresh = {m.key: m for m in messages if m.key not in self.seen}
        work = [(m, h) for m in fresh.values() if (h := self.handlers.find(m.realm, m.type)) is not None]
        decided = decide(work, self._fetch, self.now)
        for (model, entity_id), _, entity in decided.writes:
            self.entities[model, entity_id] = entity
        for row in decided.timers.values():
            if row.timer is None or row.due is None:
                self.timers.pop(row.key, None)
            else:
                self.timers[row.key] = (row.due, row.timer)
        self.events.extend(decided.events)
        self.seen.update((o.message.key, o) for o in decided.outcomes if o.failure is None)
        return decided.outcomes

    def incoming(self, realm: Any, data: Any, kind: str, key: str, event: CloudEvent | None = None) -> Incoming[Any]:
        """A message as it would have arrived now."""
        correlation = event.correlationid if event else key
        return Incoming(realm, key, key, kind, data, self.now, correlation, "", event=event)

    def _one(self, realm: str, data: Any, kind: str, key: str, event: CloudEvent | None = None) -> Any:
        if key not in self.seen:
            outcomes = self.batch([self.incoming(realm, data, kind, key, event)])
            if not outcomes:
                return None
            if outcomes[0].failure is not None:
                raise outcomes[0].failure
        outcome = self.seen[key]
        if outcome.refusal is not None:
            raise outcome.refusal
        return outcome.answer

    def _fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        for load in loads:
            if isinstance(load, Get):
                identities.remember(load.model, load.id, self.entities.get((load.model, load.id)))
                continue
            fitting = [e for e in self.all(load.model) if load.matches(e)]
            fitting.sort(key=lambda e: (load.rank(e), e.id))
            for entity in fitting:
                identities.remember(load.model, entity.id, entity)
            identities.results.setdefault(load, tuple(e.id for e in fitting[: load.limit]))

    def _next(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"
