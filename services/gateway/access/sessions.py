"""Sessions in the gateway's store: looked up for each request, listed and ended."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pymongo import DESCENDING, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from services.gateway.access.grant_cache import GrantCache
from services.gateway.access.grants import Grant
from services.gateway.access.scopes import hash_key
from services.gateway.access.session_record import SessionRecord
from services.gateway.transactions import in_transaction
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT
from shared.runtime.logging import describe, get_logger

MOST_SESSIONS: Final = 10
"""Sessions of one account; the next one ends the one that began first."""
USE_KEPT_EVERY: Final = timedelta(minutes=1)
"""The last use is written once in this time at most."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """The longest life of a session, and the longest time for which it may stay unused.

    NIST SP 800-63B (2017), section 4.2.3: 12 hours and 30 minutes.
    """

    life: timedelta
    idle: timedelta


class SessionStore:
    """The sessions of the store; grants found lately are kept in memory. `now` is the store's time."""

    def __init__(
        self,
        collection: AsyncCollection[Document],
        limits: SessionLimits,
        cache_seconds: float,
        now: Callable[[], datetime],
    ) -> None:
        self.collection = collection
        self.limits = limits
        self.now = now
        self._cache = GrantCache(cache_seconds)

    async def grant(self, token: str) -> Grant | None:
        """Return the grant of a session's token; None where there is no such session, or it has ended."""
        hashed, now = hash_key(token), self.now()
        if (grant := self._cache.find(hashed)) is not None and not grant.has_ended(now):
            return grant
        found = await self.collection.find_one({"hash": hashed})
        session = None if found is None else SessionRecord.from_document(found)
        if session is None or session.idle_ends_at(self.limits.idle) <= now:
            self._cache.forget(hashed)
            return None
        await self._note_use(session, now)
        self._cache.keep(hashed, session.grant)
        return session.grant

    async def find_valid(self, session_ids: Collection[str]) -> set[str]:
        """Return those of the ids whose sessions have not ended, past the cache. An open stream is no use of one."""
        found = await self.collection.find({"_id": {"$in": list(session_ids)}, **self._standing()}).to_list()
        return {document["_id"] for document in found}

    async def list_of(self, account_id: str) -> list[SessionRecord]:
        """Return the sessions of an account that have not ended, the newest first: MOST_SESSIONS at most."""
        rule = {"account_id": account_id, **self._standing()}
        found = await self.collection.find(rule).sort("begun_at", DESCENDING).limit(MOST_SESSIONS).to_list()
        return [SessionRecord.from_document(document) for document in found]

    async def end(self, account_id: str, session_id: str, audited: Document) -> bool:
        """End one session of the account, with an audit row; return whether there was one."""
        return bool(await self._delete({"_id": session_id, "account_id": account_id}, audited))

    async def end_all(self, account_id: str, audited: Document) -> None:
        """End all sessions of the account, with an audit row where there was one."""
        await self._delete({"account_id": account_id}, audited)

    async def add(self, session: SessionRecord, transaction: AsyncClientSession) -> None:
        """Store a new session within a transaction; of more than MOST_SESSIONS the oldest end."""
        own = {"account_id": session.account_id}
        older = self.collection.find(own, {"_id": 1}, session=transaction).sort("begun_at", DESCENDING)
        ended = [document["_id"] for document in await older.skip(MOST_SESSIONS - 1).to_list()]
        await self.collection.delete_many({"_id": {"$in": ended}}, session=transaction)
        await self.collection.insert_one(session.to_document(), session=transaction)

    async def drop_all(self, account_id: str, transaction: AsyncClientSession, *, but: str | None = None) -> None:
        """End all sessions of the account within a transaction, `but` one."""
        await self.collection.delete_many({"account_id": account_id, "_id": {"$ne": but}}, session=transaction)

    def forget_found(self) -> None:
        """Look all sessions up again: some have ended. Other replicas do so once their caches have run out."""
        self._cache.clear()

    async def _delete(self, rule: Document, audited: Document) -> int:
        async def work(transaction: AsyncClientSession) -> int:
            gone = await self.collection.delete_many(rule, session=transaction)
            if gone.deleted_count:
                await self.collection.database[AUDIT].insert_one(audited, session=transaction)
            return gone.deleted_count

        deleted = await in_transaction(self.collection.database, work)
        self.forget_found()
        return deleted

    def _standing(self) -> Document:
        now = self.now()
        return {"ends_at": {"$gt": now}, "used_at": {"$gt": now - self.limits.idle}}

    async def _note_use(self, session: SessionRecord, now: datetime) -> None:
        if session.used_at > now - USE_KEPT_EVERY:
            return
        # Lost in a failover it is written with the next use; a request never waits for a majority because of it.
        uses = self.collection.with_options(write_concern=WriteConcern(1))
        try:
            await uses.update_one({"_id": session.id, "used_at": session.used_at}, {"$set": {"used_at": now}})
        except PyMongoError as error:
            get_logger().warning("last_use_not_kept", sessions=1, error=describe(error))
