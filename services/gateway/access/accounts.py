"""Sign-in accounts in the gateway's store: each change in one transaction with its sessions and its audit row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from services.gateway.access.account_record import AccountRecord
from services.gateway.access.session_record import SessionRecord
from services.gateway.access.sessions import SessionStore
from services.gateway.transactions import in_transaction
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT

_CODE: Final[Document] = {"code_hash": "", "code_ends_at": ""}
_STANDING: Final[Document] = {"suspended_at": None, "ended_at": None}
"""The rule of accounts whose person may sign in."""


@dataclass(slots=True)
class AccountStore:
    """The accounts of the store. `now` is the store's time."""

    collection: AsyncCollection[Document]
    sessions: SessionStore
    now: Callable[[], datetime]

    async def find(self, account_id: str, reach: Document) -> AccountRecord | None:
        """Return the account with that id within the rule of reach; None where there is none."""
        return await self._find({"_id": account_id, **reach})

    async def find_by_name(self, name: str) -> AccountRecord | None:
        """Return the account of that name; None where there is none."""
        return await self._find({"name": name})

    async def find_by_code(self, code_hash: str) -> AccountRecord | None:
        """Return the account that the code opens now; None where there is none."""
        return await self._find({"code_hash": code_hash, "code_ends_at": {"$gt": self.now()}, **_STANDING})

    async def after(self, last_id: str | None, limit: int, reach: Document) -> list[AccountRecord]:
        """Return at most `limit` accounts in the order of their ids, those after `last_id` where one is given."""
        rule = reach if last_id is None else {**reach, "_id": {"$gt": last_id}}
        found = await self.collection.find(rule).sort("_id", 1).limit(limit).to_list()
        return [AccountRecord.from_document(document) for document in found]

    async def add(self, record: AccountRecord, audited: Document) -> bool:
        """Store a new account; return False where its id or its name is taken."""

        async def work(transaction: AsyncClientSession) -> None:
            await self.collection.insert_one(record.to_document(), session=transaction)
            await self._record(audited, transaction)

        try:
            await in_transaction(self.collection.database, work)
        except DuplicateKeyError:
            return False
        return True

    async def begin_session(self, account: AccountRecord, session: SessionRecord, audited: Document) -> bool:
        """Store a session of the account; return False where the account has changed since it was read."""

        async def work(transaction: AsyncClientSession) -> bool:
            # A write to the account, so that the suspension of the same moment comes before it or ends the session.
            rule = {"_id": account.id, "password": account.password, **_STANDING}
            seen = await self.collection.update_one(
                rule, {"$set": {"signed_in_at": session.begun_at}}, session=transaction
            )
            if seen.matched_count:
                await self.sessions.add(session, transaction)
                await self._record(audited, transaction)
            return bool(seen.matched_count)

        return await in_transaction(self.collection.database, work)

    async def renew_code(self, account: AccountRecord, code_hash: str, ends_at: datetime, audited: Document) -> bool:
        """Give the account another one-time code in the place of the former; return False where it has ended."""
        code = {"code_hash": code_hash, "code_ends_at": ends_at}
        return await self._change(account, {"$set": code}, audited, ends_sessions=False)

    async def suspend(self, account: AccountRecord, audited: Document) -> bool:
        """Suspend the account, and end its sessions; return False where it has ended."""
        return await self._change(account, {"$set": {"suspended_at": self.now()}, "$unset": _CODE}, audited)

    async def resume(self, account: AccountRecord, audited: Document) -> bool:
        """Let the account's person sign in again; return False where it has ended."""
        return await self._change(account, {"$unset": {"suspended_at": ""}}, audited)

    async def end(self, account: AccountRecord, audited: Document) -> bool:
        """End the account for good, with its sessions and its password; return False where it has ended."""
        return await self._change(
            account, {"$set": {"ended_at": self.now()}, "$unset": {**_CODE, "password": ""}}, audited
        )

    async def set_password(self, account: AccountRecord, hashed: str, audited: Document) -> bool:
        """Set the password by the account's one-time code, which ends with it, as all sessions do.

        Return False where the code was used or has ended meanwhile.
        """
        rule = {"code_hash": account.code_hash, "code_ends_at": {"$gt": self.now()}, "suspended_at": None}
        return await self._change(account, {"$set": {"password": hashed}, "$unset": _CODE}, audited, rule)

    async def change_password(self, account: AccountRecord, hashed: str, audited: Document, *, kept: str) -> bool:
        """Change the password and end all sessions but the one `kept`; return False where it has changed meanwhile."""
        rule = {"password": account.password, "suspended_at": None}
        change = {"$set": {"password": hashed}, "$unset": _CODE}
        return await self._change(account, change, audited, rule, kept=kept)

    async def _find(self, rule: Document) -> AccountRecord | None:
        found = await self.collection.find_one(rule)
        return None if found is None else AccountRecord.from_document(found)

    async def _change(
        self,
        account: AccountRecord,
        change: Document,
        audited: Document,
        rule: Document | None = None,
        *,
        ends_sessions: bool = True,
        kept: str | None = None,
    ) -> bool:
        async def work(transaction: AsyncClientSession) -> bool:
            standing = {"_id": account.id, "ended_at": None, **(rule or {})}
            changed = await self.collection.update_one(standing, change, session=transaction)
            if changed.matched_count:
                if ends_sessions:
                    await self.sessions.drop_all(account.id, transaction, but=kept)
                await self._record(audited, transaction)
            return bool(changed.matched_count)

        done = await in_transaction(self.collection.database, work)
        self.sessions.forget_found()
        return done

    async def _record(self, audited: Document, transaction: AsyncClientSession) -> None:
        await self.collection.database[AUDIT].insert_one(audited, session=transaction)
