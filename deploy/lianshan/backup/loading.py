"""A backup's documents into empty databases: as they were, with their indexes, all or nothing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient, WriteConcern
from pymongo.database import Database
from pymongo.errors import CollectionInvalid, OperationFailure, PyMongoError

from deploy.lianshan.backup.container import Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.manifest import Part, Stored
from shared.runtime.logging import describe

WRITERS: Final = 2
INSERTED_AT_ONCE: Final = 2000
_NAMESPACE_EXISTS: Final = 48

Document = dict[str, Any]
Told = Callable[[int], None]


@contextmanager
def store_errors_told() -> Iterator[None]:
    """What MongoDB says, in a line."""
    try:
        yield
    except PyMongoError as error:
        raise RestoreFailedError(f"LIANSHAN_MONGO_URI: MongoDB did not take the backup: {describe(error)}") from error


class Loading:
    """The databases to load into. Raises RestoreFailedError; PyMongoError where MongoDB does not answer."""

    def __init__(self, client: "MongoClient[Document]", prefix: str, backup: Reader) -> None:
        self._client = client
        self._prefix = prefix
        self._backup = backup
        self._touched: list[str] = []

    def database(self, service: str) -> "Database[Document]":
        """The one that the service owns; what is written there is there to stay."""
        majority = WriteConcern("majority", wtimeout=60_000)
        return self._client.get_database(f"{self._prefix}{service}", write_concern=majority)

    def check_empty(self) -> None:
        """Nothing is ever written over."""
        for service in self._backup.manifest.databases:
            database = self.database(service)
            for name in sorted(database.list_collection_names()):
                if database[name].find_one({}, {"_id": 1}) is not None:
                    raise RestoreFailedError(
                        f"This platform is not empty: {database.name}.{name} holds documents. Restore into a new data "
                        "folder (--var), or drop the platform's databases first."
                    )

    def load(self, told: Told = lambda _: None) -> None:
        """Everything; `told` hears the documents written."""
        with ThreadPoolExecutor(WRITERS, "loading") as pool:
            for service, collections in self._backup.manifest.databases.items():
                self._touched.append(service)
                for name, stored in collections.items():
                    self._create(service, name, stored)
                    parts = self._backup.manifest.parts_of(f"{service}/{name}")
                    for number in pool.map(lambda part, s=service, n=name: self._insert(s, n, part), parts):
                        told(number)

    def index(self) -> None:
        """As they were; after the documents, which is quicker."""
        for service, collections in self._backup.manifest.databases.items():
            for name, stored in collections.items():
                if stored.indexes:
                    wanted = [{key: value for key, value in index.items() if key != "ns"} for index in stored.indexes]
                    self.database(service).command({"createIndexes": name, "indexes": wanted})

    def count(self) -> None:
        """Hold what stands there to what the backup says."""
        for service, collections in self._backup.manifest.databases.items():
            for name, stored in collections.items():
                there = self.database(service)[name].count_documents({})
                if there != stored.documents:
                    raise RestoreFailedError(
                        f"{service}.{name} has {there:,} documents, the backup {stored.documents:,}: does a service "
                        "run already? Stop all services, and restore again."
                    )

    def undo(self) -> None:
        """Leave the databases as empty as they were found."""
        for service in self._touched:
            self._client.drop_database(self.database(service).name)

    def _create(self, service: str, name: str, stored: Stored) -> None:
        try:
            self.database(service).create_collection(name, **stored.options)
        except CollectionInvalid:
            return  # it stands there, empty
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise

    def _insert(self, service: str, name: str, part: Part) -> int:
        collection = self.database(service)[name]
        documents = iter(bson.decode_iter(self._backup.read(part), _RAW))
        while some := list(islice(documents, INSERTED_AT_ONCE)):
            collection.insert_many(some, ordered=False, bypass_document_validation=True)
        return part.documents


_RAW: Final = bson.CodecOptions(document_class=RawBSONDocument)
