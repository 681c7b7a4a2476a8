"""The unit of work of one message and the identity map of its batch. Nothing leaves them before the commit."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, TypeVar

from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.messages import EventData, Timer
from shared.contracts.refusals import Refused
from shared.engine.decide.access import UnreachedError
from shared.engine.decide.entity import Entity, EntityKey, T
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.keyed import Keyed
from shared.engine.decide.loads import AnyQuery, Get, Load, Query

ID_CHARACTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""The digits of an id in base 32: no i, l, o and u, which are mistaken for 1, 0 and v (Crockford's alphabet)."""
_PAIRS: Final = [left + right for left in ID_CHARACTERS for right in ID_CHARACTERS]
_MILLIS_DIGITS: Final = 9
"""Nine base-32 digits hold 45 bits: milliseconds since 1970 until the year 3084."""
_SEED_DIGITS: Final = 11
"""Eleven base-32 digits hold 55 of the hash's 56 bits: among ids of one millisecond a collision is out of reach."""
F = TypeVar("F")


class NotLoadedError(LookupError):
    """A handler used an entity or a query that it has not loaded, or put an entity that has changed since.

    A fault of the handler's code: the message is tried again alone, then it counts as failed.
    """


@dataclass(slots=True)
class TimerRow:
    """A timer to store, or to delete where `timer` is None."""

    key: str
    due: datetime | None = None
    timer: Timer | None = None
    correlation: str = ""
    traceparent: str = ""


@dataclass(slots=True)
class IdentityMap:
    """Every entity that a batch has loaded, once, and its state after the messages decided so far.

    https://martinfowler.com/eaaCatalog/identityMap.html
    """

    originals: dict[EntityKey, Entity | None] = field(default_factory=dict)
    """Each entity as it was read; None where the store has none. Its version guards the commit."""
    entities: dict[EntityKey, Entity | None] = field(default_factory=dict)
    """Each entity as it stands after the messages that have been decided."""
    found_ids: dict[AnyQuery, tuple[str, ...]] = field(default_factory=dict)
    """The ids that each query found in the store."""
    changed_ids: dict[type[Entity], set[str]] = field(default_factory=dict)
    """The ids of the entities that the batch has changed."""
    keyed: Keyed = field(default_factory=Keyed)
    """The changes of entities, for queries with keys."""
    other_form: set[EntityKey] = field(default_factory=set)
    """Entities whose stored document is not of today's form, so that it must be replaced as a whole."""
    within: set[Get[Any]] = field(default_factory=set)
    """The loads by id within an area, made so far. One whose entity is not known either found nothing there."""
    search_cache: dict[AnyQuery, list[Any]] = field(default_factory=dict)
    """The result of each query while its model is unchanged: many messages of a batch ask the same."""

    def remember(self, model: type[Entity], entity_id: str, entity: Entity | None) -> None:
        """Add an entity as the store has it, or its absence. An entity that is known already stays as it is."""
        key = (model, entity_id)
        if key not in self.entities:
            self.originals[key] = self.entities[key] = entity

    def knows(self, load: Get[Any]) -> bool:
        """Return whether the load would find nothing that is not here already."""
        return (load.model, load.id) in self.entities or (load.within is not None and load in self.within)


class UnitOfWork:
    """The reads and writes of one message, over the identity map of its batch.

    Writes are staged here and enter the identity map only when the handler ends without failure or refusal, so that a
    bad message leaves no trace. https://martinfowler.com/eaaCatalog/unitOfWork.html
    """

    def __init__(self, identities: IdentityMap, message: Incoming[object], now: datetime) -> None:
        self.now = now
        self.message = message
        self.events: list[CloudEvent] = []
        self.timers: dict[str, TimerRow] = {}
        self.staged: dict[EntityKey, Entity | None] = {}
        self.writable = False
        self.reached: dict[str, str] = {}
        """The ids of the things that the message is about, with their areas: its actor reaches them all."""
        self.reach_decided = False
        """Whether the handler has asked if the actor reaches a thing, with either outcome."""
        self._identities = identities
        self._ids = 0

    # ---- reading --------------------------------------------------------------------------------------------

    def missing(self, loads: Iterable[Load]) -> list[Load]:
        """Return those of the loads that the batch has not loaded yet."""
        return [load for load in loads if not self._is_loaded(load)]

    def _is_loaded(self, load: Load) -> bool:
        known = self._identities
        if isinstance(load, Query):
            return load in known.found_ids
        return (load.model, load.id) in known.entities if load.within is None else load in known.within

    def get(self, model: type[T], entity_id: str) -> T | None:
        """Return the entity as it stands now; None where there is none, or none in the area of its `Get`.

        Raises NotLoadedError without its `Get`.
        """
        key: EntityKey = (model, entity_id)
        if key in self.staged:
            return self.staged[key]  # type: ignore[return-value]
        try:
            return self._identities.entities[key]  # type: ignore[return-value]
        except KeyError:
            if Get(model, entity_id, self.message.actor.area) in self._identities.within:
                return None
            raise NotLoadedError(f"{model.__name__} {entity_id} was not asked for") from None

    def require(self, model: type[T], entity_id: str, field_name: str) -> T:
        """Return the entity as `get` does. Raises Refused("not_found") naming the field that pointed to it."""
        entity = self.get(model, entity_id)
        if entity is None:
            raise Refused("not_found", "unknown_id", field=field_name, kind=model.__name__.lower(), id=entity_id)
        return entity

    def reach(self, model: type[T], entity_id: str, field_name: str) -> T:
        """Return the entity that the command is about, as `require` does.

        One outside its actor's area is refused as an unknown id is, so that nobody learns of things elsewhere. Raises
        NotLoadedError where it was not loaded within the actor's area: it would have been read.
        """
        bounded = Get(model, entity_id, self.message.actor.area)
        if bounded not in self._identities.within and (model, entity_id) not in self.staged:
            raise NotLoadedError(f"{model.__name__} {entity_id} was not asked for within the area of the actor")
        # Compared again: a message of the batch with a wider reach may have loaded it.
        entity = self.get(model, entity_id)
        area = str(getattr(entity, "area", ""))
        return self.reach_found(entity, area, model.__name__.lower(), entity_id, field_name)

    def reach_found(self, thing: F | None, area: str, kind: str, thing_id: str, field_name: str) -> F:
        """Return a thing that is no entity, and stands in `area`; refuse it as `reach` does. None: there is none."""
        # A command about several things may answer each refusal in its place.
        self.reach_decided = True
        if thing is None or not self.message.actor.reaches(area):
            raise UnreachedError("not_found", "unknown_id", field=field_name, kind=kind, id=thing_id)
        self.reached[thing_id] = area
        return thing

    def find(self, query: Query[T]) -> list[T]:
        """Return the entities that the query finds now, best rank first, at most `query.limit`.

        The batch's own writes are included. Raises NotLoadedError where the query was not loaded.
        """
        identities, model = self._identities, query.model
        if not self.staged and model not in identities.changed_ids:
            if query not in identities.search_cache:
                identities.search_cache[query] = self._search(query)
            return list(identities.search_cache[query])  # a copy: the caller may sort or shorten it
        return self._search(query)

    def found_ids(self, query: AnyQuery) -> tuple[str, ...]:
        """Return the ids that the loaded query found in the store, before any change by the batch."""
        return self._identities.found_ids[query]

    def _search(self, query: Query[T]) -> list[T]:
        known, model, keys = self._identities, query.model, query.search_keys
        try:
            ids = set(known.found_ids[query])
        except KeyError:
            raise NotLoadedError(f"{query} was not asked for") from None
        # Any entity that the batch has changed may fit now, or no longer: `matches` decides for each of them.
        ids |= known.changed_ids.get(model, set()) if keys is None else known.keyed.find(query, keys, known.entities)
        ids |= {key[1] for key in self.staged if key[0] is model}
        entities: Iterable[Any] = (self.get(model, i) for i in ids)
        fitting = [e for e in entities if e is not None and query.matches(e)]
        fitting.sort(key=lambda e: (query.rank(e), e.id))
        return fitting[: query.limit]

    # ---- writing --------------------------------------------------------------------------------------------

    def put(self, entity: T) -> T:
        """Store the entity; return it with its new version, for the events about it.

        Raises NotLoadedError where the entity has changed since the handler read it, and AssertionError before TURN.
        """
        assert self.writable, "a handler writes only after `yield TURN`"
        key: EntityKey = (type(entity), entity.id)
        # An entity that was never loaded counts as new: if the store has one after all, the insert conflicts.
        before = self.staged[key] if key in self.staged else self._identities.entities.get(key)
        version = 0 if before is None else before.version
        if version != entity.version:
            raise NotLoadedError(
                f"{key[0].__name__} {entity.id}: version {entity.version} is put, {version} is current; "
                "get it from the work after TURN"
            )
        put = entity.model_copy(update={"version": version + 1})
        self.staged[key] = put
        return put

    def remove(self, entity: Entity) -> None:
        """Delete the entity from the store, where it still is as it was read.

        Raises NotLoadedError where it has changed since the handler read it, and AssertionError before TURN.
        """
        assert self.writable, "a handler deletes only after `yield TURN`"
        key: EntityKey = (type(entity), entity.id)
        current = self.staged[key] if key in self.staged else self._identities.entities.get(key)
        if current is None or current.version != entity.version:
            raise NotLoadedError(
                f"{key[0].__name__} {entity.id} is not as it was read; get it from the work after TURN"
            )
        self.staged[key] = None

    def emit(self, data: EventData, *, about: Entity, area: str) -> CloudEvent:
        """Publish an event about an entity as `put` returned it, in `area`, once the batch is committed."""
        return self.emit_about(data, subject=about.id, version=about.version, area=area)

    def emit_about(self, data: EventData, *, subject: str, version: int, area: str) -> CloudEvent:
        """Publish an event as `emit` does, for an aggregate that is not an entity of its own.

        Raises AssertionError before TURN. An event above 64 KiB has its command refused, its event or timer fail.
        """
        assert self.writable, "a handler emits only after `yield TURN`"
        event = to_cloud_event(
            data,
            subject=subject,
            version=version,
            # Tells apart several events about one version of one subject: it is part of the event's id.
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
        """Set `timer`, which is handled once it is `due` (UTC). A timer of the same key replaces the earlier one."""
        assert self.writable, "a handler sets timers only after `yield TURN`"
        # One of the same key and past instant may have fired: at another instant this is no repetition of it.
        due = due if due >= self.now else self.now + timedelta(milliseconds=1)
        self.timers[key] = TimerRow(key, due, timer, self.message.correlation, self.message.traceparent)

    def forget(self, key: str) -> None:
        """Delete the timer, if there is one."""
        assert self.writable, "a handler drops timers only after `yield TURN`"
        self.timers[key] = TimerRow(key)

    def new_id(self, kind: str) -> str:
        """Return a new id, `need_…`: it rises with time, and is the same when the same message is handled again."""
        self._ids += 1
        return make_id(kind, self.message.time, f"{self.message.key}/{self._ids}")


def make_id(kind: str, time: datetime, seed: str) -> str:
    """Return `<kind>_`, nine digits of the millisecond and eleven of the seed's hash: sortable and repeatable."""
    digest = int.from_bytes(blake2b(seed.encode(), digest_size=7).digest(), "big")
    return f"{kind}_{_moment(time)}{_base32(digest, _SEED_DIGITS)}"


def time_of_id(made: str) -> datetime | None:
    """Return the time (UTC, in milliseconds) of the message that the id was made for; None for any other id."""
    digits = made.rpartition("_")[2]
    if len(digits) != _MILLIS_DIGITS + _SEED_DIGITS or not set(digits) <= set(ID_CHARACTERS):
        return None
    millis = 0
    for digit in digits[:_MILLIS_DIGITS]:
        millis = millis * 32 + ID_CHARACTERS.index(digit)
    try:
        return datetime.fromtimestamp(millis / 1000, tz=UTC)
    except (OverflowError, ValueError, OSError):
        return None  # later than year 9999


@lru_cache(maxsize=1024)
def _moment(time: datetime) -> str:
    # Cached, because the messages of a batch have few different times between them.
    return _base32(int(time.timestamp() * 1000), _MILLIS_DIGITS)


def _base32(number: int, width: int) -> str:
    """Return the number in an odd count of base-32 digits, two of which are looked up at a time."""
    pairs = []
    for _ in range(width // 2):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return ID_CHARACTERS[number % len(ID_CHARACTERS)] + "".join(reversed(pairs))
