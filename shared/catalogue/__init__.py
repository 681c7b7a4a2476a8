"""The catalogue (目录) in the store of each service: the city's entries over the shipped ones.

The owner writes it by commands, the other services by the owner's events. Handlers read it by `load_catalogue` and
`catalogue_of`; a city that has changed nothing costs them one look-up of one document a batch.
"""

from shared.catalogue.asking import NoOwner, Owner, catalogue_with, load_words
from shared.catalogue.entities import CATALOGUE_ID, CatalogueState, StoredEntry, entry_id, put_entry
from shared.catalogue.reading import AllEntries, catalogue_of, load_catalogue
from shared.catalogue.storage import INDEXES

__all__ = [
    "CATALOGUE_ID",
    "INDEXES",
    "AllEntries",
    "CatalogueState",
    "NoOwner",
    "Owner",
    "StoredEntry",
    "catalogue_of",
    "catalogue_with",
    "entry_id",
    "load_catalogue",
    "load_words",
    "put_entry",
]
