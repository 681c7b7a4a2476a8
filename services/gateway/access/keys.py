"""Keys in the gateway's store: hashes only, looked up for each request; and the first administrator's key."""

import asyncio
import os
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError, PyMongoError

from services.gateway.access.grant_cache import GrantCache
from services.gateway.access.grants import Grant
from services.gateway.access.key_record import KeyRecord, end_of_overlap
from services.gateway.access.scopes import hash_key, looks_like_key, new_key
from services.gateway.transactions import in_transaction
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT
from shared.runtime.clock import machine_now
from shared.runtime.logging import describe, get_logger

ADMIN_ID: Final = "key_admin"
"""The id of the administrator's first key."""
ADMIN_PRINCIPAL: Final = "principal_admin"
USE_KEPT_EVERY: Final = timedelta(minutes=1)
"""The last use of a key is written once in this time at most, however many replicas and requests there are."""
_OWNER_ALONE: Final = 0o600


class KeyStore:
    """The keys of the store; grants found lately are kept in memory for `cache_seconds`.

    `now` is the store's time, by which keys end: the same in all replicas.
    """

    def __init__(
        self,
        collection: AsyncCollection[Document],
        cache_seconds: float,
        now: Callable[[], datetime] = machine_now,
    ) -> None:
        self.collection = collection
        self.now = now
        self._cache = GrantCache(cache_seconds)

    async def grant(self, key: str) -> Grant | None:
        """Return the grant of the key, which may have ended; None where there is no such key or it was revoked."""
        if not looks_like_key(key):
            return None
        hashed = hash_key(key)
        if (grant := self._cache.find(hashed)) is not None:
            return grant
        found = await self.collection.find_one({"hash": hashed})
        if found is None:
            self._cache.forget(hashed)
            return None
        record = KeyRecord.from_document(found)
        await self._note_use([record])
        self._cache.keep(hashed, record.grant)
        return record.grant

    async def find_valid(self, key_ids: Collection[str]) -> set[str]:
        """Return those of the ids whose keys were neither revoked nor have ended, past the cache; note their use."""
        now = self.now()
        found = await self.collection.find({"_id": {"$in": list(key_ids)}}).to_list()
        records = [KeyRecord.from_document(document) for document in found]
        valid = [record for record in records if not record.has_ended(now)]
        await self._note_use(valid)
        return {record.id for record in valid}

    async def _note_use(self, records: Sequence[KeyRecord]) -> None:
        """Write the time of use of keys that were not used within the last minute, and have not ended."""
        now = self.now()
        before = now - USE_KEPT_EVERY
        ids = [record.id for record in records if record.unused_since(before) and not record.has_ended(now)]
        if not ids:
            return
        # The filter says it again, because another replica may have written meanwhile.
        unused = {"_id": {"$in": ids}, "$or": [{"last_used_at": None}, {"last_used_at": {"$lte": before}}]}
        # Lost in a failover it is written with the next use; a request never waits for a majority because of it.
        uses = self.collection.with_options(write_concern=WriteConcern(1))
        try:
            await uses.update_many(unused, {"$set": {"last_used_at": now}})
        except PyMongoError as error:
            get_logger().warning("last_use_not_kept", keys=len(ids), error=describe(error))

    async def add(self, record: KeyRecord, audited: Document) -> bool:
        """Store a new key with its audit row; return False where its id is taken: the request is a repetition."""

        async def work(session: AsyncClientSession) -> None:
            await self.collection.insert_one(record.to_document(), session=session)
            await self.collection.database[AUDIT].insert_one(audited, session=session)

        try:
            await in_transaction(self.collection.database, work)
        except DuplicateKeyError:
            return False
        return True

    async def rotate(self, old: KeyRecord, record: KeyRecord, overlap: timedelta, audited: Document) -> bool:
        """Store the successor of a key with its audit row, and let the old one end after the overlap.

        Return False, and change nothing, where the old key has been revoked or rotated already.
        """
        ending = {"replaced_by": record.id, "expires_at": end_of_overlap(old, record.created_at, overlap)}

        async def work(session: AsyncClientSession) -> bool:
            standing = {"_id": old.id, "replaced_by": None}
            changed = await self.collection.update_one(standing, {"$set": ending}, session=session)
            if changed.modified_count:
                await self.collection.insert_one(record.to_document(), session=session)
                await self.collection.database[AUDIT].insert_one(audited, session=session)
            return bool(changed.modified_count)

        try:
            done = await in_transaction(self.collection.database, work)
        except DuplicateKeyError:
            return False
        self._cache.clear()
        return done

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

        async def work(session: AsyncClientSession) -> bool:
            gone = await self.collection.delete_one({"_id": key_id}, session=session)
            if gone.deleted_count:
                await self.collection.database[AUDIT].insert_one(audited, session=session)
            return bool(gone.deleted_count)

        done = await in_transaction(self.collection.database, work)
        self._cache.clear()
        return done


async def ensure_admin_key(collection: AsyncCollection[Document], path: Path) -> None:
    """At the first start make the administrator's key and leave it in `path`; later starts change nothing.

    The file comes first: a start that was cut off between the two takes the key from the file the next time.
    Raises OSError where the file cannot be written.
    """
    if await collection.find_one({"_id": ADMIN_ID}, {"_id": 1}) is not None:
        return
    key, made = await asyncio.to_thread(_key_in_file, path)
    try:
        roles = frozenset({"administrator"})
        record = KeyRecord.of(
            ADMIN_ID, key, machine_now(), name="admin", roles=roles, area="", principal=ADMIN_PRINCIPAL
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
