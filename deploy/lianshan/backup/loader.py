"""The loader of a backup's documents into empty stores: as they were, with their indexes, all or nothing."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import Final

import bson
from bson.raw_bson import RawBSONDocument
from pymongo import WriteConcern
from pymongo.errors import CollectionInvalid, OperationFailure, PyMongoError

from deploy.lianshan.backup.container import Progress, Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.manifest import Part, Stored
from deploy.lianshan.stores import Store, Stores
from shared.runtime.logging import describe

WRITERS: Final = 2
INSERTED_AT_ONCE: Final = 2000
_NAMESPACE_EXISTS: Final = 48
_RAW: Final = bson.CodecOptions(document_class=RawBSONDocument)
"""Documents pass through as bytes: decoding them would change nothing and cost most of the time."""


@contextmanager
def explain_store_errors() -> Iterator[None]:
    """Turn an error of MongoDB into RestoreFailedError with one line."""
    try:
        yield
    except PyMongoError as error:
        raise RestoreFailedError(f"LIANSHAN_MONGO_URI: MongoDB did not take the backup: {describe(error)}") from error


class Loader:
    """Loads a backup into stores. Raises RestoreFailedError; PyMongoError where MongoDB does not answer."""

    def __init__(self, stores: Stores, backup: Reader) -> None:
        self.stores = stores
        self._backup = backup
        self._touched: list[str] = []

    def database(self, service: str) -> Store:
        """Return the database of a service; writes are acknowledged by a majority, within a minute."""
        majority = WriteConcern("majority", wtimeout=60_000)
        return self.stores.of(service).with_options(write_concern=majority)

    def check_empty(self) -> None:
        """Raise RestoreFailedError where a store holds a document: nothing is ever overwritten."""
        for service in self._backup.manifest.databases:
            database = self.database(service)
            for name in sorted(database.list_collection_names()):
                if database[name].find_one({}, {"_id": 1}) is not None:
                    raise RestoreFailedError(
                        f"This platform is not empty: {database.name}.{name} holds documents. Restore into a new data "
                        "folder (--var), or drop the platform's databases first."
                    )

    def load(self, progress: Progress = lambda _: None) -> None:
        """Load every document. `progress` takes the documents written."""
        with ThreadPoolExecutor(WRITERS, "loader") as pool:
            for service, collections in self._backup.manifest.databases.items():
                self._touched.append(service)
                for name, stored in collections.items():
                    self._create(service, name, stored)
                    parts = self._backup.manifest.parts_of(f"{service}/{name}")
                    for number in pool.map(lambda part, s=service, n=name: self._insert(s, n, part), parts):
                        progress(number)

    def build_indexes(self) -> None:
        """Build the indexes as they were; after the documents, which is quicker."""
        for service, collections in self._backup.manifest.databases.items():
            for name, stored in collections.items():
                if stored.indexes:
                    wanted = [{key: value for key, value in index.items() if key != "ns"} for index in stored.indexes]
                    self.database(service).command({"createIndexes": name, "indexes": wanted})

    def check_counts(self) -> None:
        """Raise RestoreFailedError where a collection has more or fewer documents than the backup."""
        for service, collections in self._backup.manifest.databases.items():
            for name, stored in collections.items():
                found = self.database(service)[name].count_documents({})
                if found != stored.documents:
                    raise RestoreFailedError(
                        f"{service}.{name} has {found:,} documents, the backup {stored.documents:,}: does a service "
                        "run already? Stop all services, and restore again."
                    )

    def undo(self) -> None:
        """Leave the stores as empty as they were found."""
        for service in self._touched:
            self.stores.client.drop_database(self.database(service).name)

    def _create(self, service: str, name: str, stored: Stored) -> None:
        try:
            self.database(service).create_collection(name, **stored.options)
        except CollectionInvalid:
            return  # it stands there, empty
        except OperationFailure as error:
            # The same, found by the server and not by PyMongo.
            if error.code != _NAMESPACE_EXISTS:
                raise

    def _insert(self, service: str, name: str, part: Part) -> int:
        collection = self.database(service)[name]
        documents = iter(bson.decode_iter(self._backup.read(part), _RAW))
        while some := list(islice(documents, INSERTED_AT_ONCE)):
            collection.insert_many(some, ordered=False, bypass_document_validation=True)
        return part.documents
