"""Finds sentences in messages and stored documents, where only codes, ids, numbers and names belong."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from shared.engine.decide.memory import MemoryEngine

WORDED: Final = frozenset(
    {"name", "title", "theme", "item", "unit", "groups", "beneficiary_groups", "skills", "languages", "sealed", "raw"}
)
"""Fields that hold names and labels of people and of the city, not the system's own words."""
_SENTENCE: Final = re.compile(r"[A-Za-z]{2,}[,;:.]? +[A-Za-z]{2,}|[\u3400-\u9fff]{2,}")


def find_prose(value: Any, path: str = "") -> Iterator[str]:
    """Yield each sentence with its path; fields in WORDED are left out."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name not in WORDED:
                yield from find_prose(part, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for nth, part in enumerate(value):
            yield from find_prose(part, f"{path}[{nth}]")
    elif isinstance(value, str) and _SENTENCE.search(value):
        yield f"{path}: {value}"


def prose_of(engine: MemoryEngine) -> list[str]:
    """Return the sentences in all that the service has stored and said."""
    documents = [entity.to_document() for entity in engine.entities.values()]
    said = [json.loads(event.model_dump_json()) for event in engine.events]
    return list(find_prose([*documents, *said]))
