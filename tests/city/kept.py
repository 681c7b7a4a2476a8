"""A store for the conformance suite: the same calls on the store in memory and on MongoDB."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from shared.contracts.messages import Timer
from shared.engine import Entity, Get
from shared.engine.decide.batch import Decisions
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.reader import Reader

NOW: Any = datetime(2026, 3, 2, 9, 0, 0, 123_000, tzinfo=UTC)
STAFFINGS: dict[str, Any] = {"staffings": []}


class Thing(Entity):
    collection: ClassVar[str] = "things"
    name: str = ""
    area: str = ""
    count: int = 0
    at: datetime | None = None


class Due(Timer):
    type: ClassVar[str] = "test.due"
    word: str = ""


class Kept:
    """One store with the calls that the tests make."""

    def __init__(self, database: Any, reader: Reader) -> None:
        self.database = database
        self.reader = reader

    def get(self, model: type[Entity], entity_id: str) -> Any:
        known = IdentityMap()
        self.reader.fetch(known, [Get(model, entity_id)])
        return known.entities[model, entity_id]

    def get_within(self, model: type[Entity], areas: dict[str, list[str]]) -> list[str]:
        known = IdentityMap()
        self.reader.fetch(known, [Get(model, i, area) for area, ids in areas.items() for i in ids])
        return sorted(i for (_, i), entity in known.entities.items() if entity is not None)

    def put(self, *pairs: tuple[Entity | None, Entity], **more: Any) -> None:
        commit(self.database, transaction(*pairs, **more))

    def find(self, query: Any) -> list[str]:
        known = IdentityMap()
        self.reader.fetch(known, [query])
        fitting = [known.entities[query.model, i] for i in known.found_ids[query]]
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
