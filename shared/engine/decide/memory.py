"""An engine without servers, for unit and property tests: the same batches and units of work over a dictionary.

It refuses the same writes as the store: a message key or an id that is taken, a version that has moved on, a document
above 16 MiB or with a value that BSON cannot hold, an event above 64 KiB. `tests/city/test_limits.py` holds it to
MongoDB.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final

from bson import CodecOptions, decode, encode
from bson.errors import BSONError

from shared.contracts.access import SYSTEM, Actor
from shared.contracts.envelope import CloudEvent
from shared.contracts.messages import Command, E, EventData, Timer
from shared.engine.decide.batch import Decisions, Outcome
from shared.engine.decide.batch import decide as decide_batch
from shared.engine.decide.entity import Entity, EntityKey, T
from shared.engine.decide.final_answers import closes_key, to_final_answer
from shared.engine.decide.handlers import Handler, Handlers
from shared.engine.decide.incoming import Incoming, Realm
from shared.engine.decide.limits import MAX_DOCUMENT_BYTES, Conflict, NotCommittableError, encode_answer, encode_event
from shared.engine.decide.loads import Get, Load
from shared.engine.decide.unit_of_work import IdentityMap

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
"""The first instant of every engine in memory: a Monday, 09:00 in the city, so that tests give the same at any hour."""


_CODEC: Final[CodecOptions[dict[str, Any]]] = CodecOptions(tz_aware=True)
TESTER: Final = Actor(kind="key", id="key_test", roles=("administrator",), on_behalf_of="principal_test")
"""The actor of a command where a test names none."""


@dataclass
class MemoryEngine:
    """Takes events, commands and timers; shows the stored entities, timers and emitted events.

    Each call is one batch of one message; `batch` decides several together. `seen` is the inbox: a repeated key is
    answered from it. A command that fails closes its key with a final answer, as the processor has it, and `retry` is
    the retry of its dead letter.
    """

    handlers: Handlers
    now: datetime = START
    entities: dict[EntityKey, Entity] = field(default_factory=dict)
    timers: dict[str, tuple[datetime, Timer]] = field(default_factory=dict)
    events: list[CloudEvent] = field(default_factory=list)
    seen: dict[str, Outcome] = field(default_factory=dict)
    failed: dict[str, Outcome] = field(default_factory=dict)
    """The commands that were given up, by key: their dead letters."""
    _count: int = 0

    def command(self, data: Command, key: str | None = None, actor: Actor = TESTER) -> Any:
        """Handle a command of the actor and return its answer. Raises the refusal or failure.

        A failure is raised as it is, so that a test sees it; to a repetition of the key the final answer is raised.
        """
        message = self.incoming("command", data, data.type, key or self._next_key("command"), actor=actor)
        return self._handle(message)

    def retry(self, key: str) -> Any:
        """Handle a command again that has failed, as an operator has it done; return its answer.

        Raises the refusal or failure; a failure leaves the key closed. Raises KeyError for a key that did not fail.
        """
        closed = self.failed.pop(key)
        del self.seen[key]
        return self._handle(closed.message)

    def event(self, event: CloudEvent) -> None:
        """Handle an event; the same event again changes nothing. Raises the handler's failure."""
        self._handle(self.incoming("event", event.data, event.type, event.key, event))

    def advance(self, by: timedelta) -> None:
        """Let time pass and fire the timers that fall due on the way, in order."""
        end = self.now + by
        # Searched again after each: a handler may set a timer that falls due on the way, too.
        while due := min(((at, key) for key, (at, _) in self.timers.items() if at <= end), default=None):
            at, key = due
            self.now = max(self.now, at)
            _, timer = self.timers.pop(key)  # before it is handled, because its handler may set the same key
            self._handle(self.incoming("timer", timer, timer.type, f"timer:{key}:{at.isoformat()}"))
        self.now = end

    def all(self, model: type[T]) -> list[T]:
        """Return every stored entity of the model, by id."""
        found = [e for (m, _), e in self.entities.items() if m is model]
        return sorted(found, key=attrgetter("id"))  # type: ignore[arg-type]

    def one(self, model: type[T], entity_id: str) -> T:
        """Return the stored entity. Raises KeyError where there is none."""
        return self.entities[model, entity_id]  # type: ignore[return-value]

    def emitted(self, kind: type[E]) -> list[E]:
        """Return the data of every emitted event of that class, in order."""
        return [e.data for e in self.events if e.type == kind.type]

    def batch(self, messages: Sequence[Incoming[object]]) -> list[Outcome]:
        """Decide the messages together and keep their writes, as the processor does; return their outcomes in order.

        A message that was seen, or that has no handler, has no outcome. Where the whole cannot be committed, it is
        halved until the message at fault stands alone; its outcome then holds the failure.
        """
        fresh = {m.key: m for m in messages if m.key not in self.seen}
        handled = [(m, h) for m in fresh.values() if (h := self.handlers.find(m.realm, m.type)) is not None]
        outcomes = self._decide(handled)
        for outcome in outcomes:
            if outcome.failure is not None and outcome.message.realm == "command":
                self._give_up(outcome, outcome.failure)
        return outcomes

    def keep(self, decisions: Decisions) -> None:
        """Keep all writes of the decisions, or nothing. Raises Conflict or NotCommittableError, as a commit does."""
        for outcome in decisions.outcomes:
            if outcome.message.key in self.seen:
                raise Conflict(f"{outcome.message.key} was handled before")
            if outcome.failure is None and outcome.refusal is None and outcome.message.realm == "command":
                encode_answer(outcome.message.type, outcome.answer)
        for event in decisions.events:
            encode_event(event)
        for gone in decisions.removals:
            self._require_unchanged((type(gone), gone.id), gone)
        self.entities.update({key: self._stored(key, before, entity) for key, before, entity in decisions.writes})
        for gone in decisions.removals:
            del self.entities[type(gone), gone.id]
        for row in decisions.timers.values():
            if row.timer is None or row.due is None:
                self.timers.pop(row.key, None)
            else:
                self.timers[row.key] = (row.due, row.timer)
        self.events.extend(decisions.events)
        # A message that failed is not seen: the processor would retry it, or give it up.
        done = (o for o in decisions.outcomes if o.failure is None and (o.refusal is None or closes_key(o.refusal)))
        self.seen.update((o.message.key, o) for o in done)

    def _decide(self, handled: Sequence[tuple[Incoming[object], Handler]]) -> list[Outcome]:
        decisions = decide_batch(handled, self.fetch, self.now)
        try:
            self.keep(decisions)
        except (Conflict, NotCommittableError) as error:
            if len(handled) == 1:
                return [Outcome(handled[0][0], failure=error)]
            half = len(handled) // 2
            return [*self._decide(handled[:half]), *self._decide(handled[half:])]
        if len(handled) == 1:
            return decisions.outcomes
        # Those that failed are decided again, each alone: they may have failed because of the others.
        paired = zip(decisions.outcomes, handled, strict=True)
        return [o if o.failure is None else self._decide([one])[0] for o, one in paired]

    def _give_up(self, outcome: Outcome, failure: Exception) -> None:
        """Close the key of a command that has failed alone."""
        message = outcome.message
        self.failed[message.key] = outcome
        self.seen[message.key] = Outcome(message, refusal=to_final_answer(failure, message.id))

    def _require_unchanged(self, key: EntityKey, original: Entity | None) -> None:
        known = self.entities.get(key)
        if (known and known.version) != (original and original.version):
            raise Conflict(f"{key[0].__name__} {key[1]} has changed since it was read")

    def _stored(self, key: EntityKey, original: Entity | None, entity: Entity) -> Entity:
        """Return the entity as it is read again: instants in milliseconds, for one."""
        self._require_unchanged(key, original)
        try:
            document = encode(entity.to_document())
        except (BSONError, OverflowError, ValueError, TypeError) as error:
            raise NotCommittableError(f"{key[0].__name__} holds a value that BSON cannot hold") from error
        if len(document) > MAX_DOCUMENT_BYTES:
            raise NotCommittableError(f"a document of {len(document)} bytes; one has at most {MAX_DOCUMENT_BYTES}")
        return key[0].from_document(decode(document, _CODEC))

    def incoming(
        self, realm: Realm, data: EventData | Command | Timer, kind: str, key: str, event: CloudEvent | None = None,
        *, actor: Actor = SYSTEM,
    ) -> Incoming[Any]:  # fmt: skip
        """Return a message as if it had arrived now."""
        correlation = event.correlationid if event else key
        return Incoming(realm, key, key, kind, data, self.now, correlation, "", event=event, actor=actor)

    def _handle(self, message: Incoming[object]) -> object:
        outcome = self.seen.get(message.key)
        if outcome is None:
            outcomes = self.batch([message])
            if not outcomes:
                return None
            (outcome,) = outcomes
            if outcome.failure is not None:
                raise outcome.failure
        if outcome.refusal is not None:
            raise outcome.refusal
        return outcome.answer

    def fetch(self, identities: IdentityMap, loads: Iterable[Load]) -> None:
        """Load the missing entities and queries into the identity map."""
        for load in loads:
            if isinstance(load, Get):
                entity = self.entities.get((load.model, load.id))
                if not load.within or (entity is not None and str(getattr(entity, "area", "")).startswith(load.within)):
                    identities.remember(load.model, load.id, entity)
                continue
            model = load.model
            fitting = [e for (m, _), e in self.entities.items() if m is model and load.matches(e)]
            fitting.sort(key=lambda e: (load.rank(e), e.id))  # as UnitOfWork.find does
            for entity in fitting:
                identities.remember(load.model, entity.id, entity)
            identities.found_ids.setdefault(load, tuple(e.id for e in fitting[: load.limit]))

    def _next_key(self, kind: str) -> str:
        self._count += 1
        return f"{kind}-{self._count}"
