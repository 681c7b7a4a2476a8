"""The entities that a batch has changed, by the keys of the queries that look for them.

Without keys every query of a batch compares every entity that the batch has changed, which is quadratic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.engine.decide.entity import Entity, EntityKey
from shared.engine.decide.loads import AnyQuery


@dataclass(slots=True)
class _Index:
    """The ids of changed entities by key, as far as the first `seen` changes of their model go."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    seen: int = 0


class Keyed:
    """Finds the changed entities that may fit a query with keys; a key that an entity had before stays with it."""

    def __init__(self) -> None:
        self._changes: dict[type[Entity], list[str]] = {}
        self._indexes: dict[type[AnyQuery], _Index] = {}

    def note(self, key: EntityKey) -> None:
        """Note a further change of an entity."""
        self._changes.setdefault(key[0], []).append(key[1])

    def find(self, query: AnyQuery, keys: frozenset[str], entities: Mapping[EntityKey, Any]) -> set[str]:
        """Return the ids of the changed entities that have, or have had, one of the keys."""
        kind = type(query)
        index, changes = self._indexes.setdefault(kind, _Index()), self._changes.get(query.model, [])
        for entity_id in changes[index.seen :]:
            entity = entities[query.model, entity_id]
            for key in () if entity is None else kind.search_keys_of(entity):
                index.ids.setdefault(key, set()).add(entity_id)
        index.seen = len(changes)
        if index.ids.keys().isdisjoint(keys):  # nearly always: people of a file resemble nobody
            return set()
        return {entity_id for key in keys for entity_id in index.ids.get(key, ())}
