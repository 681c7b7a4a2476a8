"""The collection of stations and street centres, with the rule for those of communities."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.network.domain import SEATED, Station
from shared.engine import Document

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Station.collection: [
        IndexModel([("area", ASCENDING), ("level", ASCENDING), ("state", ASCENDING)], name="seats"),
    ],
}
SEATED_STATIONS: Final[Document] = {"level": "station", "state": {"$in": list(SEATED)}}
"""The rule for stations that hold the seat of their community."""
