"""Sealed fields of entities of an engine in memory, opened as an audited query opens them."""

from shared.engine import Entity
from shared.engine.decide.memory import MemoryEngine
from shared.people import DataKey, OpenKeys
from shared.people.reading import by_id
from shared.runtime.vault import Vault


def opened(engine: MemoryEngine, vault: Vault, entity: Entity, field: str) -> str:
    """The text that a field of the entity holds sealed."""
    keys = OpenKeys(vault, by_id([key.to_document() for key in engine.all(DataKey)], [entity.to_document()]))
    return keys.open(getattr(entity, field), entity.id, entity.collection, entity.id, field)
