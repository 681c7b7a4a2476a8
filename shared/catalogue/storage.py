"""The collections of the catalogue: read by id or as a whole, so they need no index."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from shared.catalogue.entities import CatalogueState, StoredEntry

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {StoredEntry.collection: [], CatalogueState.collection: []}
