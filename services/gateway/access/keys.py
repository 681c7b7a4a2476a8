"""Keys in the gateway's store: hashes only, looked up for each request; and the first administrator's key."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final, Self

from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from services.gateway.access.scopes import hash_key, looks_like_key, new_key
from shared.contracts.access import Actor
from shared.contracts.access.actor import ActorKind
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT
from shared.runtime.clock import machine_now
from shared.runtime.logging import get_logger

ADMIN_ID: Final = "key_admin"
"""The id of the administrator's first key."""
ADMIN_PRINCIPAL: Final = "principal_admin"
MAJORITY_MILLIS: Final = 15_000
MOST_CACHED: Final = 10_000
_OWNER_ALONE: Final = 0o600


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as it is stored: its hash, never the key itself.

    `principal` is the stable id to which all keys of one holder belong: it outlives a rotated key.
    `fingerprint` is the hash of the body that asked for the key; the administrator's first key has none.
    """

    id: str
    hash: str
    name: str
    roles: frozenset[str]
    area: str
    principal: str
    created_at: datetime
    fingerprint: str | None = None

    @classmethod
    def of(
        cls,
        key_id: str,
        key: str,
        *,
        name: str,
        roles: frozenset[str],
        area: str,
        principal: str,
        fingerprint: str | None = None,
    ) -> Self:
        """Return the record of a key that is made now (UTC); an empty area reaches everywhere."""
        return cls(key_id, hash_key(key), name, roles, area, principal, machine_now(), fingerprint)

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return the record that MongoDB holds."""
        return cls(
            id=document["_id"],
            hash=document["hash"],
            name=document["name"],
            roles=frozenset(document["roles"]),
            area=document["area"],
            principal=document["principal"],
            created_at=document["created_at"],
            fingerprint=document.get("fingerprint"),
        )

    def to_document(self) -> Document:
        """Return the record as MongoDB stores it."""
        document: Document = {
            "_id": self.id,
            "hash": self.hash,
            "name": self.name,
            "roles": sorted(self.roles),
            "principal": self.principal,
            "area": self.area,
            "created_at": self.created_at,
        }
        return document if self.fingerprint is None else {**document, "fingerprint": self.fingerprint}

    @property
    def actor(self) -> Actor:
        """The actor of a request with this key."""
        kind: ActorKind = "agency" if "agency" in self.roles else "key"
        return Actor(
            kind=kind, id=self.id, roles=tuple(sorted(self.roles)), area=self.area, on_behalf_of=self.principal
        )


@dataclass(slots=True)
class KeyStore:
    """The keys of the store; actors found lately are kept in memory for `cache_seconds`."""

    collection: AsyncCollection[Document]
    cache_seconds: float
    _cache: dict[str, tuple[float, Actor]] = field(default_factory=dict)

    async def actor(self, key: str) -> Actor | None:
        """Return the actor behind the key; None where there is no such key or it has been revoked."""
        if not looks_like_key(key):
            return None
        hashed, now = hash_key(key), monotonic()
        until, actor = self._cache.get(hashed, (0.0, None))
        if actor is not None and now < until:
            return actor
        found = await self.collection.find_one({"hash": hashed})
        if found is None:
            self._cache.pop(hashed, None)
            return None
        actor = KeyRecord.from_document(found).actor
        # Emptied rather than ordered by age: only a flood of different valid keys fills it.
        if len(self._cache) >= MOST_CACHED:
            self._cache.clear()
        self._cache[hashed] = (now + self.cache_seconds, actor)
        return actor

    async def add(self, record: KeyRecord, audited: Document) -> bool:
        """Store a new key with its audit row; return False where its id is taken: the request is a repetition."""
        try:
            async with self._transaction() as session:
                await self.collection.insert_one(record.to_document(), session=session)
                await self.collection.database[AUDIT].insert_one(audited, session=session)
        except DuplicateKeyError:
            return False
        return True

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncClientSession]:
        """A transaction that a majority keeps; it ends without effect where the block raises."""
        async with self.collection.database.client.start_session() as session:
            concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
            async with await session.start_transaction(write_concern=concern):
                yield session

    async def find(self, key_id: str) -> KeyRecord | None:
        """Return the key with that id; None where there is none."""
        found = await self.collection.find_one({"_id": key_id})
        return None if found is None else KeyRecord.from_document(found)

    async def after(self, last_id: str | None, limit: int) -> list[KeyRecord]:
        """Return at most `limit` keys in the order of their ids, those after `last_id` where one is given."""
        rule: Document = {} if last_id is None else {"_id": {"$gt": last_id}}
        found = await self.collection.find(rule).sort("_id", 1).limit(limit).to_list()
        return [KeyRecord.from_document(document) for document in found]

    async def revoke(self, key_id: str, audited: Document) -> bool:
        """Remove a key, with an audit row; return whether there was one. Other replicas refuse it once their cache
        has run out.
        """
        async with self._transaction() as session:
            gone = await self.collection.delete_one({"_id": key_id}, session=session)
            if gone.deleted_count:
                await self.collection.database[AUDIT].insert_one(audited, session=session)
        self._cache.clear()
        return bool(gone.deleted_count)


async def ensure_admin_key(collection: AsyncCollection[Document], path: Path) -> None:
    """At the first start make the administrator's key and leave it in `path`; later starts change nothing.

    The file comes first: a start that was cut off between the two takes the key from the file the next time.
    Raises OSError where the file cannot be written.
    """
    if await collection.find_one({"_id": ADMIN_ID}, {"_id": 1}) is not None:
        return
    key, made = await asyncio.to_thread(_key_in_file, path)
    try:
        record = KeyRecord.of(
            ADMIN_ID, key, name="admin", roles=frozenset({"administrator"}), area="", principal=ADMIN_PRINCIPAL
        )
        await collection.insert_one(record.to_document())
    except DuplicateKeyError:
        # Another replica was quicker, and its key is the one that counts.
        if made and not await _is_admins(collection, key):
            await asyncio.to_thread(path.unlink, missing_ok=True)
        return
    get_logger().info("admin_key_made", file=str(path))


async def _is_admins(collection: AsyncCollection[Document], key: str) -> bool:
    return await collection.find_one({"_id": ADMIN_ID, "hash": hash_key(key)}) is not None


def _key_in_file(path: Path) -> tuple[str, bool]:
    """The key that the file holds, and whether it was made just now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        # O_EXCL: of two replicas that start together only one writes the file.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ALONE)
    except FileExistsError:
        known = path.read_text(encoding="ascii").strip()
        if looks_like_key(known):
            return known, False
        raise OSError(f"{path} exists and holds no key: remove it or name another file") from None
    key = new_key()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    return key, True
