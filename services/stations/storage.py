"""The collections of stations and their indexes. Everything on the hot path is read by id."""

from typing import Final

from pymongo import ASCENDING, IndexModel

from shared.engine import Schema

AUDIT: Final = "audit"

INDEXES: Final[dict[str, list[IndexModel]]] = {
    "areas": [IndexModel([("parent", ASCENDING), ("_id", ASCENDING)], name="children")],
    "stations": [],
    "needs": [],
    "need_texts": [],
    AUDIT: [IndexModel([("about", ASCENDING), ("at", ASCENDING)], name="about")],
}

SCHEMAS: Final[dict[str, Schema]] = {}
"""The collections whose stored form has changed since it was first released: none yet."""
