"""The gateway's collections and their indexes."""

from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from shared.engine import Schema

_NEWEST: Final = ("_id", DESCENDING)


def _by(field: str) -> IndexModel:
    return IndexModel([(field, ASCENDING), _NEWEST], name=field)


INDEXES: Final[dict[str, list[IndexModel]]] = {
    "feed": [],
    "feed_head": [],
    "stations": [_by("area")],
    "funds": [_by("area")],
    "donors": [],
    "donations": [_by("area"), _by("station_id"), _by("fund_id")],
    "stock": [_by("area"), _by("holder_id"), _by("commodity")],
    "needs": [
        _by("area"),
        _by("station_id"),
        _by("state"),
        IndexModel([("waiting", ASCENDING), _NEWEST], name="waiting", partialFilterExpression={"waiting": True}),
    ],
    "dispatches": [_by("area"), _by("need_id"), _by("volunteer_id"), _by("state")],
    "volunteers": [_by("area")],
    "timebank": [_by("area")],
}
"""The projector's. Ids rise with time, so a list is newest first by `_id`, and a page goes on from the last id."""

SCHEMAS: Final[dict[str, Schema]] = {}
"""The collections whose stored form has changed since it was first released: none yet."""

KEY_INDEXES: Final = [IndexModel([("hash", ASCENDING)], unique=True, name="hash")]
"""Of `keys`, which belongs to the API."""
