"""The collection of stations and street centres: read by id, so it needs no index."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from services.stations.network.domain import Station

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {Station.collection: []}
