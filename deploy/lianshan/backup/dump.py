"""The dump of a platform into one file: a backup from beginning to end."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Final

import bson
from amqp import Connection

from deploy.lianshan.backup.agency_queues import AgencyQueue
from deploy.lianshan.backup.container import PART_BYTES, Writer, open_writer, pack
from deploy.lianshan.backup.errors import BackupFailedError
from deploy.lianshan.backup.keys import Keys
from deploy.lianshan.backup.manifest import AGENCIES, EVENTS, LETTERS, Manifest, Stored
from deploy.lianshan.backup.snapshot import Snapshot, count_documents, join_pieces, open_snapshot
from deploy.lianshan.backup.transit import read_dead_letters, read_transit
from deploy.lianshan.stores import SERVICES
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect
from shared.engine.store.collections import INBOX, OUTBOX
from shared.engine.store.collections import LETTERS as STORED
from shared.engine.store.schema_registry import SCHEMA
from shared.people.journal import Head

PACKERS: Final = 2
IN_HAND: Final = 4
"""Parts that are packed or wait for it: with PART_BYTES each, this bounds the memory."""
JOURNAL_HEADS: Final = "erasure_journal_heads"
NEVER_SEALED: Final = frozenset({"feed", INBOX, OUTBOX})
"""Collections of events, which carry no personal data: nothing in them is sealed, and they are the largest."""
_SEALED: Final = re.compile(rb"(?:v[12]|k1)\.([0-9a-f]{8})\.[A-Za-z0-9_-]{38}")
"""A sealed value as shared/runtime/vault.py makes it: format, key id, at least a nonce and a tag."""

Progress = Callable[[int, int], None]
"""Takes the number of documents that are done, and about how many there are."""


@dataclass(frozen=True)
class Backup:
    """A finished backup: its file, the size in bytes, and the seconds that it took."""

    path: Path
    manifest: Manifest
    size: int
    seconds: float
    events: int
    """Events that were on their way."""
    letters: int
    """Messages that failed: dead letters, and those that wait for another try."""
    agencies: Sequence[AgencyQueue] | None = None
    """The queues of agencies, without their messages; None where they were not seen."""

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "file": str(self.path),
            "moment": self.manifest.moment.isoformat(),
            "version": self.manifest.version,
            "documents": self.manifest.documents,
            "events_under_way": self.events,
            "dead_letters": self.letters,
            "data_keys": self.manifest.data_keys,
            "agency_queues": None if self.agencies is None else [row["queue"] for row in self.agencies],
            "left_out": ["users", "agency_messages", *(["agency_queues"] if self.agencies is None else [])],
            "bytes": self.size,
            "seconds": round(self.seconds, 3),
        }


def make_backup(
    path: Path, mongo_uri: str, prefix: str, amqp_uri: str, *, agencies: Sequence[AgencyQueue] | None = None,
    keep_free: int = 0, progress: Progress = lambda *_: None,
) -> Backup:  # fmt: skip
    """Write the platform's present state to a new file, while the services go on.

    `agencies` are the queues of agencies, None where they are not seen. At least `keep_free` bytes of the disk stay
    free. Raises BackupFailedError; then no file is left.
    """
    began = monotonic()
    if path.exists():
        raise BackupFailedError(f"{path} exists: name another file")
    with open_writer(path, keep_free) as writer, open_snapshot(mongo_uri, prefix) as snapshot:
        _Dump(snapshot, writer, progress).run(amqp_uri, agencies)
        size = writer.finish()
        manifest = writer.manifest
    seconds = monotonic() - began
    letters = manifest.count(LETTERS) + sum(manifest.count(f"{service}/{STORED}") for service in SERVICES)
    return Backup(path, manifest, size, seconds, manifest.count(EVENTS), letters, agencies)


def save_keys(keys: Keys, path: Path) -> None:
    """Write the keys to a file of their own. Raises BackupFailedError."""
    try:
        keys.save(path)
    except OSError as error:
        raise BackupFailedError(f"the keys cannot be written to {path}: {error.strerror}: name another file") from error


@dataclass
class _Dump:
    """One snapshot on its way into one file: this thread reads and writes, others compress."""

    snapshot: Snapshot
    writer: Writer
    progress: Progress
    done: int = 0
    estimate: int = 0
    sealed_with: set[bytes] = field(default_factory=set)
    _packing: deque[tuple[str, int, Future[bytes]]] = field(default_factory=deque)

    def run(self, amqp_uri: str, agencies: Sequence[AgencyQueue] | None) -> None:
        manifest = self.writer.manifest
        manifest.agencies_seen = agencies is not None
        manifest.at(self.snapshot.time)
        plan = self.snapshot.plan()
        for service in plan:
            rows = self.snapshot.find(service, SCHEMA, {})
            manifest.schemas[service] = {row["_id"]: row["version"] for row in rows}
        for head in self.snapshot.find("stations", JOURNAL_HEADS, {}):
            manifest.journal = Head.model_validate(head)
        self.estimate = sum(stored.documents for collections in plan.values() for stored in collections.values())
        with ThreadPoolExecutor(PACKERS, "packing") as pool:
            try:
                self._dump_broker(pool, amqp_uri)
                if agencies:
                    self._add(pool, AGENCIES, b"".join(map(bson.encode, agencies)), len(agencies))
                for service, collections in plan.items():
                    manifest.databases[service] = {
                        name: self._dump_collection(pool, service, name, stored) for name, stored in collections.items()
                    }
                self.snapshot.check_whole()
                self._write_packed(0)
            finally:
                # After an error nothing more is packed: the pool would wait for it.
                for _, _, waiting in self._packing:
                    waiting.cancel()
        manifest.data_keys = sorted(key.decode() for key in self.sealed_with)

    def _dump_broker(self, pool: ThreadPoolExecutor, amqp_uri: str) -> None:
        # First, soon after the moment of the snapshot: the fewer events are published since, the fewer are read.
        try:
            with _open_broker(amqp_uri) as connection:
                for rows in read_transit(self.snapshot, connection):
                    self._add(pool, EVENTS, b"".join(map(bson.encode, rows)), len(rows))
            with _open_broker(amqp_uri) as connection:
                for letters in read_dead_letters(connection):
                    self._add(pool, LETTERS, b"".join(map(bson.encode, letters)), len(letters))
        except (*BROKER_ERRORS, BrokerUnreachableError) as error:
            raise BackupFailedError(f"LIANSHAN_AMQP_URI: the messages under way cannot be read: {error}") from error

    def _dump_collection(self, pool: ThreadPoolExecutor, service: str, name: str, planned: Stored) -> Stored:
        documents = 0
        for piece in _collect(self.snapshot.raw(service, name)):
            number = count_documents(piece)
            if name not in NEVER_SEALED:
                self.sealed_with.update(_SEALED.findall(piece))
            self._add(pool, f"{service}/{name}", piece, number)
            documents += number
            self.done += number
            self.progress(self.done, max(self.estimate, self.done))
        return planned.model_copy(update={"documents": documents})

    def _add(self, pool: ThreadPoolExecutor, of: str, documents: bytes, number: int) -> None:
        self._packing.append((of, number, pool.submit(pack, documents)))
        self._write_packed(IN_HAND)

    def _write_packed(self, leave: int) -> None:
        """Write parts in their order until `leave` are left in hand; wait for each to be packed."""
        while len(self._packing) > leave:
            of, number, packed = self._packing.popleft()
            self.writer.add(of, packed.result(), number)


@contextmanager
def _open_broker(amqp_uri: str) -> Iterator[Connection]:
    connection = connect(amqp_uri, "lianshan backup")
    try:
        yield connection
    finally:
        close_quietly(connection)


def _collect(batches: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the batches in pieces of about PART_BYTES: the first batch of a cursor is small."""
    held: list[bytes] = []
    size = 0
    for batch in batches:
        if not batch:
            continue
        if size + len(batch) > PART_BYTES and held:
            yield join_pieces(held)
            held, size = [], 0
        held.append(batch)
        size += len(batch)
    if held:
        yield join_pieces(held)
