"""The catalogue (目录) in the store of each service: the city's entries over the shipped ones.

The owner writes it by commands, the other services by the owner's events. Handlers read it by `load_catalogue` and
`catalogue_of`; a city that has changed nothing costs them one look-up of one document a batch.
"""

from shared.catalogue.entities import CATALOGUE_ID, CatalogueState, StoredEntry, entry_id, put_entry
from shared.catalogue.reading import AllEntries, catalogue_of, load_catalogue
from shared.catalogue.storage import INDEXES

__all__ = [
    "CATALOGUE_ID",
    "INDEXES",
    "AllEntries",
    "CatalogueState",
    "StoredEntry",
    "catalogue_of",
    "entry_id",
    "load_catalogue",
    "put_entry",
]
