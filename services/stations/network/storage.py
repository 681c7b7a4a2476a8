"""The collection of stations and street centres, with the search for the open stations of an area."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.network.domain import Station
from shared.engine import Document

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Station.collection: [
        IndexModel([("area", ASCENDING), ("level", ASCENDING), ("state", ASCENDING)], name="seats"),
    ],
}
OPEN_STATIONS: Final[Document] = {"level": "station", "state": "open"}
"""The rule for stations that are active in their community."""
