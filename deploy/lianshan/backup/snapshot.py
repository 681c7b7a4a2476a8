"""A snapshot of all stores at one moment, read while the services go on writing.

MongoDB keeps the history that a snapshot needs for minSnapshotHistoryWindowInSeconds; a backup raises this setting
where its user may. https://www.mongodb.com/docs/manual/reference/read-concern-snapshot/
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from struct import unpack_from
from typing import Final

from bson import Timestamp
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError

from deploy.lianshan.backup.errors import BackupFailedError
from deploy.lianshan.backup.manifest import Stored
from deploy.lianshan.stores import SERVICES, Client, Document
from shared.engine.store.collections import INBOX, LOG_POSITIONS
from shared.runtime.logging import describe
from shared.runtime.skew import CLOCK

WINDOW: Final = "minSnapshotHistoryWindowInSeconds"
WINDOW_SECONDS: Final = 4 * 3600
DEFAULT_WINDOW_SECONDS: Final = 300
BATCH_DOCUMENTS: Final = 20_000
"""A batch ends at 16 MiB in any case."""
SOCKET_MILLISECONDS: Final = 120_000
_TOO_OLD: Final = frozenset({239, 246})
"""SnapshotTooOld, SnapshotUnavailable."""
_NO_REPLICA_SET: Final = 123
LEFT_OUT: Final = frozenset({CLOCK, LOG_POSITIONS})
"""Collections that mean nothing elsewhere: the moved clock, and places in the log of this broker."""


class Snapshot:
    """The stores of one platform as they were when `open_snapshot` opened it. Not for several threads."""

    def __init__(self, client: Client, session: ClientSession, prefix: str) -> None:
        self._client = client
        self._session = session
        self._prefix = prefix
        # Before the moment: a collection that is dropped right after it would be missed, too.
        self._planned = {
            f"{service}.{found['name']}": found["info"]["uuid"] for service in SERVICES for found in self._list(service)
        }
        self.time = self._begin()

    def collection(self, service: str, name: str) -> "Collection[Document]":
        """Return a collection. Only the methods of the snapshot read it as it was; by itself it is as it is now."""
        return self._client[f"{self._prefix}{service}"][name]

    def plan(self) -> dict[str, dict[str, Stored]]:
        """Return by service every collection with its options, its indexes and about its number of documents."""
        return {service: dict(self._find_collections(service)) for service in SERVICES}

    def check_whole(self) -> None:
        """Raise BackupFailedError where a collection of the plan is gone: a snapshot reads a missing one as empty."""
        now = {found["info"]["uuid"] for service in SERVICES for found in self._list(service)}
        if gone := sorted(name for name, uuid in self._planned.items() if uuid not in now):
            raise BackupFailedError(
                f"{', '.join(gone)} was dropped while the backup read: a view was rebuilt. Begin again; "
                "lianshan views list shows whether a rebuild is under way"
            )

    def find(self, service: str, name: str, query: Document, fields: Document | None = None) -> Iterator[Document]:
        """Return the documents that the query found at the moment."""
        return iter(self.collection(service, name).find(query, fields, session=self._session))

    def last(self, service: str, name: str) -> Document | None:
        """Return the document with the highest id at the moment."""
        return self.collection(service, name).find_one({}, sort=[("_id", -1)], session=self._session)

    def newest(self, service: str, name: str) -> Iterator[Document]:
        """Yield the documents as they were at the moment, the highest id first."""
        yield from self.collection(service, name).find({}, sort=[("_id", -1)], session=self._session)

    def raw(self, service: str, name: str) -> Iterator[bytes]:
        """Yield the whole collection as it was at the moment, in batches of whole BSON documents."""
        yield from self.collection(service, name).find_raw_batches(
            {}, batch_size=BATCH_DOCUMENTS, session=self._session
        )

    def _begin(self) -> Timestamp:
        # The first read of a collection that exists sets the moment. PyMongo has no public name for it.
        for service in SERVICES:
            self.collection(service, INBOX).find_one({}, {"_id": 1}, session=self._session)
            if isinstance(time := vars(self._session)["_snapshot_time"], Timestamp):
                return time
        raise BackupFailedError(
            f"there is no database of the platform in this MongoDB (like {self._prefix}stations): check "
            "LIANSHAN_MONGO_URI and LIANSHAN_DATABASE_PREFIX"
        )

    def _find_collections(self, service: str) -> Iterator[tuple[str, Stored]]:
        database = self._client[f"{self._prefix}{service}"]
        for found in self._list(service):
            name = found["name"]
            self._planned[f"{service}.{name}"] = found["info"]["uuid"]
            estimate = database[name].estimated_document_count()
            indexes = [dict(index) for index in database[name].list_indexes() if index["name"] != "_id_"]
            yield name, Stored(documents=estimate, options=found.get("options", {}), indexes=indexes)

    def _list(self, service: str) -> Iterator[Document]:
        for found in self._client[f"{self._prefix}{service}"].list_collections(filter={"type": "collection"}):
            # MongoDB's own, which it makes itself; the offset of the city's clock, which another stack must not have.
            if not found["name"].startswith("system.") and found["name"] not in LEFT_OUT:
                yield dict(found)


@contextmanager
def open_snapshot(mongo_uri: str, prefix: str) -> Iterator[Snapshot]:
    """Open a snapshot of this moment, unchanged as long as it is open. Raises BackupFailedError."""
    client = Client(
        mongo_uri, tz_aware=True, appname="lianshan backup", serverSelectionTimeoutMS=10_000,
        connectTimeoutMS=10_000, socketTimeoutMS=SOCKET_MILLISECONDS,
    )  # fmt: skip
    try:
        with client, _keep_history(client), client.start_session(snapshot=True) as session:
            yield Snapshot(client, session, prefix)
    except PyMongoError as error:
        raise BackupFailedError(_explain(error)) from error


def count_documents(documents: bytes) -> int:
    """Return the number of BSON documents that stand one after the other."""
    at = number = 0
    while at < len(documents):
        # A document begins with its own length.
        at += unpack_from("<i", documents, at)[0]
        number += 1
    return number


def join_pieces(pieces: Sequence[bytes]) -> bytes:
    """Return the pieces as one, without a copy of a single one."""
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


@contextmanager
def _keep_history(client: Client) -> Iterator[None]:
    """Have MongoDB keep history for WINDOW_SECONDS; a user who may not set this gets by with the server's own."""
    try:
        before = int(client.admin.command({"getParameter": 1, WINDOW: 1})[WINDOW])
        if before < WINDOW_SECONDS:
            client.admin.command({"setParameter": 1, WINDOW: WINDOW_SECONDS})
    except OperationFailure:
        yield
        return
    try:
        yield
    finally:
        # A backup that was killed has left its own value; then the default comes back, as with a start of mongod.
        after = DEFAULT_WINDOW_SECONDS if before == WINDOW_SECONDS else before
        with suppress(PyMongoError):
            client.admin.command({"setParameter": 1, WINDOW: after})


def _explain(error: PyMongoError) -> str:
    code = error.code if isinstance(error, OperationFailure) else None
    if code in _TOO_OLD:
        return (
            f"MongoDB keeps too little history for a backup of this size, or an index was just made: set its {WINDOW} "
            f"to {WINDOW_SECONDS}, or give this user the role clusterManager, and begin again"
        )
    if code == _NO_REPLICA_SET:
        return "LIANSHAN_MONGO_URI: this MongoDB is no replica set, so it can show no moment: make it one"
    return f"LIANSHAN_MONGO_URI: MongoDB cannot be read: check that it runs, and the user's rights ({describe(error)})"
