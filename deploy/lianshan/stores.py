"""The stores of one platform: a MongoDB database for each service, named `<prefix><service>`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from shared.contracts.subscriptions import SUBSCRIPTIONS

SERVICES: Final = tuple(SUBSCRIPTIONS)
"""The services that own a store."""
TIMEOUT_MILLISECONDS: Final = 10_000

Document = dict[str, Any]
"""A document of MongoDB, as it is stored."""
Client = MongoClient[Document]
Store = Database[Document]


@dataclass(frozen=True)
class Stores:
    """The stores of one platform behind one client. `prefix` is the setting LIANSHAN_DATABASE_PREFIX."""

    client: Client
    prefix: str

    def of(self, service: str) -> Store:
        """Return the database that the service owns."""
        return self.client[f"{self.prefix}{service}"]

    def collection(self, service: str, name: str) -> "Collection[Document]":
        """Return one collection of a service's store."""
        return self.of(service)[name]


@contextmanager
def open_stores(mongo_uri: str, prefix: str = "", *, milliseconds: int = TIMEOUT_MILLISECONDS) -> Iterator[Stores]:
    """Open the stores and close them at the end; bound the milliseconds for finding the server.

    Instants that are read know their zone (UTC). Raises pymongo.errors.PyMongoError where MongoDB does not answer.
    """
    client = Client(
        mongo_uri, tz_aware=True, appname="lianshan command", serverSelectionTimeoutMS=milliseconds,
        connectTimeoutMS=milliseconds,
    )  # fmt: skip
    with client:
        yield Stores(client, prefix)
