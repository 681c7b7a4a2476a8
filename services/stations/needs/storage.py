"""The collections of needs: both are read by id alone, so they need no index."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {Need.collection: [], NeedText.collection: []}
