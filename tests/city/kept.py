"""Stores for the conformance suite: the same calls on the engine in memory, the city's store and MongoDB."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol
from uuid import uuid4

import pytest
from pymongo import MongoClient

from services.volunteering.dispatch.storage import INDEXES as STAFFING_INDEXES
from shared.contracts.envelope import CloudEvent
from shared.contracts.messages import EventData, Timer
from shared.engine import Entity, Get, Handlers, Incoming
from shared.engine.decide.batch import Decisions, Outcome
from shared.engine.decide.memory import MemoryEngine
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.collections import INDEXES, ensure_indexes
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.outbox import to_rows
from shared.engine.store.reader import Reader
from tests.city.mongo import Database
from tests.city.reader import CityReader
from tests.city.store import Memory

NOW: Any = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
Pair = tuple[Entity | None, Entity]
"""An entity as it was read, None for a new one, and as it is to be stored."""
COLLECTIONS: dict[str, Any] = {"things": [], "staffings": STAFFING_INDEXES["staffings"], "accounts": []}


class Thing(Entity):
    collection: ClassVar[str] = "things"
    name: str = ""
    area: str = ""
    count: int = 0
    at: datetime | None = None


class Due(Timer):
    type: ClassVar[str] = "test.due"
    word: str = ""


class Said(EventData):
    type: ClassVar[str] = "test.thing.said"
    words: str


class Store(Protocol):
    """A store of things, in any implementation."""

    def put(
        self, *pairs: tuple[Entity | None, Entity], keys: Sequence[str] = (), events: Sequence[CloudEvent] = ()
    ) -> None:
        """Commit the entities, each with the one that was read, the message keys and the events. Raises as `commit`."""

    def get(self, model: type[Entity], entity_id: str) -> Any:
        """Return the stored entity, or None."""

    def get_within(self, model: type[Entity], areas: dict[str, list[str]]) -> list[str]:
        """Return those of the ids, by area, of entities that lie in their area."""

    def find(self, query: Any) -> list[str]:
        """Return the ids that the query finds, best rank first."""

    def seen(self, keys: Sequence[str]) -> set[str]:
        """Return those of the message keys that are stored."""


class Kept:
    """A store with transactions: the city's or MongoDB."""

    def __init__(self, database: Any, reader: Reader) -> None:
        self.database = database
        self.reader = reader

    def put(
        self,
        *pairs: tuple[Entity | None, Entity],
        keys: Sequence[str] = (),
        events: Sequence[CloudEvent] = (),
        **more: Any,
    ) -> None:
        made = transaction(*pairs, keys=keys, **more)
        made.outbox = to_rows(events) or made.outbox
        commit(self.database, made)

    def get(self, model: type[Entity], entity_id: str) -> Any:
        known = IdentityMap()
        self.reader.fetch(known, [Get(model, entity_id)])
        return known.entities[model, entity_id]

    def get_within(self, model: type[Entity], areas: dict[str, list[str]]) -> list[str]:
        known = IdentityMap()
        self.reader.fetch(known, _within(model, areas))
        return _found(known)

    def find(self, query: Any) -> list[str]:
        known = IdentityMap()
        self.reader.fetch(known, [query])
        return _ranked(query, known)

    def seen(self, keys: Sequence[str]) -> set[str]:
        return set(self.reader.find_seen(keys))


class Engine:
    """The engine of the unit tests as a store."""

    def __init__(self) -> None:
        self.engine = MemoryEngine(Handlers("test", {}))

    def put(
        self, *pairs: tuple[Entity | None, Entity], keys: Sequence[str] = (), events: Sequence[CloudEvent] = ()
    ) -> None:
        made = transaction(*pairs).decisions
        made.events.extend(events)
        made.outcomes.extend(Outcome(Incoming("event", key, key, "test", None, NOW, "", "")) for key in keys)
        self.engine.keep(made)

    def get(self, model: type[Entity], entity_id: str) -> Any:
        return self.engine.entities.get((model, entity_id))

    def get_within(self, model: type[Entity], areas: dict[str, list[str]]) -> list[str]:
        known = IdentityMap()
        self.engine.fetch(known, _within(model, areas))
        return _found(known)

    def find(self, query: Any) -> list[str]:
        known = IdentityMap()
        self.engine.fetch(known, [query])
        return _ranked(query, known)

    def seen(self, keys: Sequence[str]) -> set[str]:
        return self.engine.seen.keys() & set(keys)


def in_engine(_: pytest.FixtureRequest) -> Iterator[Store]:
    """Yield the engine of the unit tests."""
    yield Engine()


def in_memory(_: pytest.FixtureRequest) -> Iterator[Kept]:
    """Yield a store of the city."""
    database = Database(Memory("test", {**INDEXES, **COLLECTIONS}))
    yield Kept(database, CityReader(database, {}))


def in_mongodb(request: pytest.FixtureRequest) -> Iterator[Kept]:
    """Yield a database of a real server."""
    client: MongoClient[Any] = MongoClient(request.getfixturevalue("mongo_uri"), tz_aware=True)
    with client:
        database = client[f"conformance_{uuid4().hex[:8]}"]
        ensure_indexes(database, COLLECTIONS)
        _keep_all(database)
        yield Kept(database, Reader(database))
        client.drop_database(database.name)


def _keep_all(database: Any) -> None:
    # NOW is long ago for the server: each minute it would forget the keys of a test that runs then.
    for name in INDEXES:
        for index, described in database[name].index_information().items():
            if "expireAfterSeconds" in described:
                database[name].drop_index(index)


def _within(model: type[Entity], areas: dict[str, list[str]]) -> list[Get[Any]]:
    return [Get(model, i, area) for area, ids in areas.items() for i in ids]


def _found(known: IdentityMap) -> list[str]:
    return sorted(i for (_, i), entity in known.entities.items() if entity is not None)


def _ranked(query: Any, known: IdentityMap) -> list[str]:
    fitting: list[Any] = [known.entities[query.model, i] for i in known.found_ids[query]]
    return [e.id for e in sorted(fitting, key=lambda e: (query.rank(e), e.id))]


def transaction(*pairs: tuple[Entity | None, Entity], keys: Any = (), now: Any = NOW, **more: Any) -> Transaction:
    known = IdentityMap()
    timers = more.pop("timers", {})
    for before, after in pairs:
        key = (type(after), after.id)
        known.originals[key], version = before, 0 if before is None else before.version
        known.entities[key] = after.model_copy(update={"version": version + 1})
        known.changed_ids.setdefault(key[0], set()).add(after.id)
    return Transaction(Decisions(known, timers=timers), keys=keys, now=now, **more)
