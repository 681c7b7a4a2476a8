"""A backup from beginning to end."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final

import bson

from deploy.lianshan.backup.container import PART_BYTES, Writer, pack, writing
from deploy.lianshan.backup.errors import BackupFailedError
from deploy.lianshan.backup.keys import Keys
from deploy.lianshan.backup.manifest import EVENTS, LETTERS, Manifest, Stored
from deploy.lianshan.backup.snapshot import Snapshot, count, joined, open_snapshot
from deploy.lianshan.backup.under_way import dead_letters, events_under_way
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect
from shared.engine.store.schema_registry import SCHEMA

PACKERS: Final = 2
IN_HAND: Final = 4
"""Parts that are packed or wait for it: with PART_BYTES each, this bounds the memory."""
NEVER_SEALED: Final = frozenset({"feed", "inbox", "outbox"})
"""Events carry no personal data, so nothing in them is sealed."""
_SEALED: Final = re.compile(rb"v1\.([0-9a-f]{8})\.[A-Za-z0-9_-]{38}")
"""What shared/runtime/vault.py makes: format, key id, at least a nonce and a tag."""

Told = Callable[[int, int], None]
"""Hears how many documents are done, of about how many."""


@dataclass(frozen=True)
class Made:
    """A finished backup."""

    path: Path
    manifest: Manifest
    size: int
    seconds: float
    events: int
    letters: int

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "file": str(self.path),
            "moment": self.manifest.moment.isoformat(),
            "version": self.manifest.version,
            "documents": self.manifest.documents,
            "events_under_way": self.events,
            "dead_letters": self.letters,
            "data_keys": self.manifest.data_keys,
            "bytes": self.size,
            "seconds": round(self.seconds, 3),
        }


def make_backup(
    path: Path, mongo_uri: str, prefix: str, amqp_uri: str, *, keep_free: int = 0, told: Told = lambda *_: None
) -> Made:
    """Write what the platform is now to a new file. The services go on. Raises BackupFailedError."""
    began = monotonic()
    if path.exists():
        raise BackupFailedError(f"{path} exists: name another file")
    with writing(path, keep_free) as writer, open_snapshot(mongo_uri, prefix) as snapshot:
        _Making(snapshot, writer, told).run(amqp_uri)
        size = writer.finish()
        manifest = writer.manifest
    return Made(path, manifest, size, monotonic() - began, manifest.held(EVENTS), manifest.held(LETTERS))


def save_keys(keys: Keys, path: Path) -> None:
    """Raises BackupFailedError."""
    try:
        keys.save(path)
    except OSError as error:
        raise BackupFailedError(f"the keys cannot be written to {path}: {error.strerror}: name another file") from error


@dataclass
class _Making:
    """One snapshot on its way into one file: this thread reads and writes, others compress."""

    snapshot: Snapshot
    writer: Writer
    told: Told
    done: int = 0
    about: int = 0
    sealed_with: set[bytes] = field(default_factory=set)
    _packing: deque[tuple[str, int, Future[bytes]]] = field(default_factory=deque)

    def run(self, amqp_uri: str) -> None:
        manifest = self.writer.manifest
        manifest.at(self.snapshot.time)
        plan = self.snapshot.plan()
        for service in plan:
            rows = self.snapshot.find(service, SCHEMA, {})
            manifest.schemas[service] = {row["_id"]: row["version"] for row in rows}
        self.about = sum(stored.documents for collections in plan.values() for stored in collections.values())
        with ThreadPoolExecutor(PACKERS, "packing") as pool:
            try:
                self._broker(pool, amqp_uri)
                for service, collections in plan.items():
                    manifest.databases[service] = {
                        name: self._collection(pool, service, name, stored) for name, stored in collections.items()
                    }
                self._write(0)
            finally:
                for _, _, waiting in self._packing:
                    waiting.cancel()
        manifest.data_keys = sorted(key.decode() for key in self.sealed_with)

    def _broker(self, pool: ThreadPoolExecutor, amqp_uri: str) -> None:
        # Soon after the moment: the sooner, the less has been said since.
        try:
            with _connected(amqp_uri) as connection:
                for rows in events_under_way(self.snapshot, connection):
                    self._add(pool, EVENTS, b"".join(map(bson.encode, rows)), len(rows))
            with _connected(amqp_uri) as connection:
                for rows, number in dead_letters(connection):
                    self._add(pool, LETTERS, b"".join(map(bson.encode, rows)), number)
        except (*BROKER_ERRORS, BrokerUnreachableError) as error:
            raise BackupFailedError(f"LIANSHAN_AMQP_URI: what is under way cannot be read: {error}") from error

    def _collection(self, pool: ThreadPoolExecutor, service: str, name: str, planned: Stored) -> Stored:
        documents = 0
        for piece in _pieces(self.snapshot.raw(service, name)):
            number = count(piece)
            if name not in NEVER_SEALED:
                self.sealed_with.update(_SEALED.findall(piece))
            self._add(pool, f"{service}/{name}", piece, number)
            documents += number
            self.done += number
            self.told(self.done, max(self.about, self.done))
        return planned.model_copy(update={"documents": documents})

    def _add(self, pool: ThreadPoolExecutor, of: str, documents: bytes, number: int) -> None:
        self._packing.append((of, number, pool.submit(pack, documents)))
        self._write(IN_HAND)

    def _write(self, leave: int) -> None:
        while len(self._packing) > leave:
            of, number, packed = self._packing.popleft()
            self.writer.add(of, packed.result(), number)


@contextmanager
def _connected(amqp_uri: str) -> Iterator[Any]:
    connection = connect(amqp_uri, "lianshan backup")
    try:
        yield connection
    finally:
        close_quietly(connection)


def _pieces(batches: Iterable[bytes]) -> Iterator[bytes]:
    """In pieces of about PART_BYTES: the first batch of a cursor is small."""
    held: list[bytes] = []
    size = 0
    for batch in batches:
        if not batch:
            continue
        if size + len(batch) > PART_BYTES and held:
            yield joined(held)
            held, size = [], 0
        held.append(batch)
        size += len(batch)
    if held:
        yield joined(held)
