"""The collection of areas."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.areas.domain import Area

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    # A page of the areas in a parent, in the order of their codes.
    Area.collection: [IndexModel([("parent", ASCENDING), ("_id", ASCENDING)], name="children")],
}
