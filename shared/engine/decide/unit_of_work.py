"""Where a handler works: what is loaded, what it writes, what it says. Nothing leaves it before the commit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.messages import EventData, Timer
from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity, EntityKey, T
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.loads import Load, Query

ID_CHARACTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = [left + right for left in ID_CHARACTERS for right in ID_CHARACTERS]
_MILLIS_DIGITS: Final = 9
_SEED_DIGITS: Final = 11


class NotLoadedError(LookupError):
    """A handler looked at what it had not asked for; the message is run again alone, then counts as failed."""


@dataclass(slots=True)
class TimerRow:
    """A reminder to store (`timer` set) or to forget (`timer` None)."""

    key: str
    due: datetime | None = None
    timer: Timer | None = None
    correlation: str = ""
    traceparent: str = ""


@dataclass(slots=True)
class IdentityMap:
    """All that a batch has loaded and what its messages have decided so far: one identity map."""

    stored: dict[EntityKey, Entity | None] = field(default_factory=dict)
    current: dict[EntityKey, Entity | None] = field(default_factory=dict)
    results: dict[Query[Any], tuple[str, ...]] = field(default_factory=dict)
    changed: dict[type[Entity], set[str]] = field(default_factory=dict)
    otherwise: set[EntityKey] = field(default_factory=set)
    """What is stored in another form than today's, so that it has to be written as a whole."""
    unchanged: dict[Query[Any], list[Any]] = field(default_factory=dict)
    """What a query finds while nothing of its model has changed: many messages of a batch ask the same."""

    def remember(self, model: type[Entity], entity_id: str, entity: Entity | None) -> None:
        """Keep what a query brought, unless this batch knows the entity already."""
        key = (model, entity_id)
        if key not in self.current:
            self.stored[key] = self.current[key] = entity


class UnitOfWork:
    """One message's place of work over the batch's identities."""

    def __init__(self, identities: IdentityMap, message: Incoming[Any], now: datetime) -> None:
        self.now = now
        self.message = message
        self.events: list[CloudEvent] = []
        self.timers: dict[str, TimerRow] = {}
        self.staged: dict[EntityKey, Entity | None] = {}
        self.writable = False
        self._identities = identities
        self._ids = 0

    # ---- reading --------------------------------------------------------------------------------------------

    def missing(self, loads: Iterable[Load]) -> list[Load]:
        """Return those of the loads that have not been answered yet."""
        known = self._identities
        return [
            load
            for load in loads
            if (load not in known.results if isinstance(load, Query) else (load.model, load.id) not in known.current)
        ]

    def get(self, model: type[T], entity_id: str) -> T | None:
        """The entity as it stands now, or None where there is none. It must have been asked for by `Get`."""
        key: EntityKey = (model, entity_id)
        if key in self.staged:
            return self.staged[key]  # type: ignore[return-value]
        try:
            return self._identities.current[key]  # type: ignore[return-value]
        except KeyError:
            raise NotLoadedError(f"{model.__name__} {entity_id} was not asked for") from None

    def require(self, model: type[T], entity_id: str, field_name: str) -> T:
        """The entity, or a refusal that names the field which pointed at it."""
        entity = self.get(model, entity_id)
        if entity is None:
            what = model.__name__.lower()
            raise Refused(
                "not_found",
                f"There is no {what} {entity_id}: check the id.",
                field=field_name,
                rule=f"known {what}",
            )
        return entity

    def find(self, query: Query[T]) -> list[T]:
        """What the query finds now, this batch's own writes included, best rank first, at most its limit."""
        identities, model = self._identities, query.model
        if not self.staged and model not in identities.changed:
            if query not in identities.unchanged:
                identities.unchanged[query] = self._search(query)
            return list(identities.unchanged[query])
        return self._search(query)

    def _search(self, query: Query[T]) -> list[T]:
        model = query.model
        try:
            ids = set(self._identities.results[query])
        except KeyError:
            raise NotLoadedError(f"{query} was not asked for") from None
        ids |= self._identities.changed.get(model, set())
        ids |= {key[1] for key in self.staged if key[0] is model}
        entities: Iterable[Any] = (self.get(model, i) for i in ids)
        fitting = [e for e in entities if e is not None and query.matches(e)]
        fitting.sort(key=lambda e: (query.rank(e), e.id))
        return fitting[: query.limit]

    # ---- writing --------------------------------------------------------------------------------------------

    def put(self, entity: T) -> T:
        """Store the entity as it is now; gives it back with its new version, for the events about it."""
        assert self.writable, "a handler writes only after `yield TURN`"
        key: EntityKey = (type(entity), entity.id)
        before = self.staged[key] if key in self.staged else self._identities.current.get(key)
        version = 0 if before is None else before.version
        if version != entity.version:
            raise NotLoadedError(
                f"{key[0].__name__} {entity.id}: version {entity.version} is put, {version} is current; "
                "get it from the work after TURN"
            )
        put = entity.model_copy(update={"version": version + 1})
        self.staged[key] = put
        return put

    def emit(self, data: EventData, *, about: Entity, area: str) -> CloudEvent:
        """Say what happened to `about` (as `put` gave it back), in `area`."""
        return self.emit_about(data, subject=about.id, version=about.version, area=area)

    def emit_about(self, data: EventData, *, subject: str, version: int, area: str) -> CloudEvent:
        """As `emit`, for an aggregate that is not an entity of its own."""
        assert self.writable, "a handler speaks only after `yield TURN`"
        event = to_cloud_event(
            data,
            subject=subject,
            version=version,
            nth=sum(e.subject == subject for e in self.events),
            time=self.now,
            area=area,
            correlation=self.message.correlation,
            causation=self.message.id,
            traceparent=self.message.traceparent,
        )
        self.events.append(event)
        return event

    def remind(self, key: str, due: datetime, timer: Timer) -> None:
        """Have `timer` handled once it is `due`; the same key again replaces the earlier reminder."""
        assert self.writable, "a handler sets timers only after `yield TURN`"
        self.timers[key] = TimerRow(key, due, timer, self.message.correlation, self.message.traceparent)

    def forget(self, key: str) -> None:
        """Drop the reminder, if there still is one."""
        assert self.writable, "a handler drops timers only after `yield TURN`"
        self.timers[key] = TimerRow(key)

    def new_id(self, kind: str) -> str:
        """A new id, `need_…`: rises with time, and is the same when the same message is handled again."""
        self._ids += 1
        return make_id(kind, self.message.time, f"{self.message.key}/{self._ids}")


def make_id(kind: str, time: datetime, seed: str) -> str:
    """`kind`, nine characters of the millisecond, eleven of the seed's hash: sortable and repeatable."""
    digest = int.from_bytes(blake2b(seed.encode(), digest_size=7).digest(), "big")
    return f"{kind}_{_moment(time)}{_base32(digest, _SEED_DIGITS)}"


def time_of_id(made: str) -> datetime | None:
    """When the message came that `make_id` made the id for; None for an id that it has not made."""
    digits = made.rpartition("_")[2]
    if len(digits) != _MILLIS_DIGITS + _SEED_DIGITS or not set(digits) <= set(ID_CHARACTERS):
        return None
    millis = 0
    for digit in digits[:_MILLIS_DIGITS]:
        millis = millis * 32 + ID_CHARACTERS.index(digit)
    try:
        return datetime.fromtimestamp(millis / 1000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None


@lru_cache(maxsize=1024)
def _moment(time: datetime) -> str:
    # The messages of a batch have few different times between them.
    return _base32(int(time.timestamp() * 1000), _MILLIS_DIGITS)


def _base32(number: int, width: int) -> str:
    """In an odd number of digits, which are found two at a time."""
    pairs = []
    for _ in range(width // 2):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return ID_CHARACTERS[number % len(ID_CHARACTERS)] + "".join(reversed(pairs))
