"""The collections of needs: read by id alone, so they need no index, but for the needs of a resident."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Need.collection: [],
    NeedText.collection: [],
    NeedResidents.collection: [IndexModel([("residents", ASCENDING), ("_id", DESCENDING)], name="residents")],
}
