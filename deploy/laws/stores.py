"""Where the services keep what is checked."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

SERVICES: Final = ("stations", "charity", "volunteering", "gateway")
MOST: Final = 20
"""So many breaches of one rule are told in words; whoever needs more has the stores."""
CHUNK: Final = 500
TIMEOUT_MILLISECONDS: Final = 10_000

Document = dict[str, Any]


@dataclass(frozen=True)
class Stores:
    """The databases of one platform, opened for reading."""

    client: "MongoClient[Document]"
    prefix: str

    def of(self, service: str) -> "Database[Document]":
        """The database that the service owns."""
        return self.client[f"{self.prefix}{service}"]

    def collection(self, service: str, name: str) -> "Collection[Document]":
        """One of its collections."""
        return self.of(service)[name]


@contextmanager
def opened(mongo_uri: str, prefix: str = "") -> Iterator[Stores]:
    """The stores; closed at the end."""
    client: MongoClient[Document] = MongoClient(
        mongo_uri, tz_aware=True, serverSelectionTimeoutMS=TIMEOUT_MILLISECONDS, connectTimeoutMS=TIMEOUT_MILLISECONDS
    )
    with client:
        yield Stores(client, prefix)


def chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """The documents in lists of CHUNK, so that what belongs to them is asked for once a list."""
    iterator = iter(documents)
    while part := list(islice(iterator, CHUNK)):
        yield part


def by_id(
    collection: "Collection[Document]", ids: Iterable[str], fields: Document | None = None
) -> dict[str, Document]:
    """Those of the documents that are there."""
    return {row["_id"]: row for row in collection.find({"_id": {"$in": list(ids)}}, fields)}
