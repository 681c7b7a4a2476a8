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
STREAM: Final = 5000
"""Documents that one answer of the server brings, where it is only a few fields of each."""
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


def side_by_side(*streams: Iterable[Document]) -> Iterator[tuple[Any, list[Document | None]]]:
    """Streams that are sorted by `_id`, walked together: each id once, with what each stream has of it.

    So collections of millions are compared without keeping any of them. Of several in one stream with the same id the
    first is given.
    """
    walking = [iter(stream) for stream in streams]
    heads = [next(stream, None) for stream in walking]
    while present := [head["_id"] for head in heads if head is not None]:
        lowest = min(present)
        found: list[Document | None] = [None] * len(heads)
        for nth, head in enumerate(heads):
            if head is not None and head["_id"] == lowest:
                found[nth] = head
                while (head := next(walking[nth], None)) is not None and head["_id"] == lowest:
                    continue
                heads[nth] = head
        yield lowest, found


def sorted_by_id(
    collection: "Collection[Document]", fields: Document, rule: Document | None = None
) -> "Iterator[Document]":
    """For `side_by_side`: MongoDB and Python order text alike."""
    return collection.find(rule or {}, fields, batch_size=STREAM).sort("_id", 1)


def by_id(
    collection: "Collection[Document]", ids: Iterable[str], fields: Document | None = None
) -> dict[str, Document]:
    """Those of the documents that are there."""
    return {row["_id"]: row for row in collection.find({"_id": {"$in": list(ids)}}, fields)}
