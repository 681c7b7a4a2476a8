"""Documents as MongoDB keeps and changes them.

They pass through BSON, so that a value that MongoDB cannot hold fails here too.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from bson import CodecOptions, decode, encode
from pymongo.errors import DocumentTooLarge

from shared.engine.decide.limits import MAX_DOCUMENT_BYTES
from tests.city.expressions import evaluate, machine_now
from tests.city.store import Document

CODEC: Final[CodecOptions[dict[str, Any]]] = CodecOptions(tz_aware=True)


def as_bson(document: Document) -> Document:
    """Return the document as MongoDB would give it back. Raises DocumentTooLarge above 16 MiB, or a BSON error."""
    raw = encode(document)
    if len(raw) > MAX_DOCUMENT_BYTES:
        raise DocumentTooLarge(f"BSON document too large ({len(raw)} bytes)")
    return decode(raw, CODEC)


def fits_guard(document: Document, rule: Document) -> bool:
    """Return whether the document is the one that was read: each field equal, None meaning that it is absent."""
    return all(document.get(name) == wanted for name, wanted in rule.items())


def changed_document(
    known: Document | None, update: Document | list[Document], row_id: Any, now: Callable[[], datetime] = machine_now
) -> Document:
    """Return the document after an update by operators, by a pipeline of `$set` and `$unset`, or by a replacement."""
    if isinstance(update, list):
        base = known or {"_id": row_id}
        news = {name: evaluate(value, base, now) for part in update for name, value in part.get("$set", {}).items()}
        gone = {part["$unset"] for part in update if "$unset" in part}
        return {name: value for name, value in {**base, **news}.items() if name not in gone}
    if not any(name.startswith("$") for name in update):
        return {**as_bson(update), "_id": row_id}
    first = {} if known is not None else as_bson(update.get("$setOnInsert", {}))
    after = {**(known or {"_id": row_id}), **first, **as_bson(update.get("$set", {}))}
    after |= {name: max(value, after.get(name, value)) for name, value in update.get("$max", {}).items()}
    after |= {name: after.get(name, 0) + more for name, more in update.get("$inc", {}).items()}
    after |= dict.fromkeys(update.get("$currentDate", {}), now())
    for name, pushed in update.get("$push", {}).items():
        after[name] = [*after.get(name, ()), *as_bson(pushed)["$each"]][pushed["$slice"] :]
    for name in update.get("$unset", ()):
        after.pop(name, None)
    return after
