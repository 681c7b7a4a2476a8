"""The names that callers have given to things: the collection, and the questions of the gateway about it."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from shared.engine.decide.external_ids import ExternalId, Namer, name_key
from shared.engine.decide.schema import Document

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    ExternalId.collection: [IndexModel([("principal", ASCENDING), ("about", ASCENDING)], name="principal")],
}
MAX_MILLIS: Final = 5_000


def find_named(store: Database[Document], vault: Namer, principal: str, kind: str, external_id: str) -> str | None:
    """Return the id of the thing that the principal has named so; None where there is none."""
    key = name_key(vault, principal, kind, external_id)
    found = store[ExternalId.collection].find_one({"_id": key}, {"about": 1}, max_time_ms=MAX_MILLIS)
    return None if found is None else str(found["about"])


def find_names(store: Database[Document], principal: str, ids: Sequence[str]) -> tuple[list[Document], bool]:
    """Return the names, still sealed, that the principal has given to the things with these ids, and whether it has
    given any at all.

    Names given by other principals are not shown.
    """
    names = store[ExternalId.collection]
    rule: Document = {"principal": principal, "about": {"$in": list(ids)}}
    found = list(names.find(rule).max_time_ms(MAX_MILLIS))
    used = bool(found) or names.find_one({"principal": principal}, {"_id": 1}, max_time_ms=MAX_MILLIS) is not None
    return found, used
