"""Documents of the gateway that are stored, changed and removed with the row of the audit about it, in one transaction.

Everything is written with majority.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from pymongo import ReturnDocument, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.gateway.transactions import in_transaction
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT

Requirement = Callable[[AsyncClientSession], Coroutine[Any, Any, None]]


class AuditedRows:
    """The documents of one collection whose changes are on record."""

    def __init__(self, database: AsyncDatabase[Document], collection: str, write_concern: WriteConcern) -> None:
        self._database = database
        self._audit = database[AUDIT]
        self.rows: AsyncCollection[Document] = database.get_collection(collection, write_concern=write_concern)

    async def add(self, document: Document, audited: Document, require: Requirement | None = None) -> bool:
        """Store a new document; return False where its id, or another unique value, is taken.

        `require` comes first in the transaction, and refuses by an error: then nothing is stored.
        """

        async def work(session: AsyncClientSession) -> None:
            if require is not None:
                await require(session)
            await self.rows.insert_one(document, session=session)
            await self._audit.insert_one(audited, session=session)

        try:
            await in_transaction(self._database, work)
        except DuplicateKeyError:
            return False
        return True

    async def change(
        self, rule: Document, update: Document, audited: Document, shown: Document | None = None
    ) -> Document | None:
        """Change the document that fits the rule and return its fields that are `shown`, else all; None without one."""

        async def work(session: AsyncClientSession) -> Document | None:
            found = await self.rows.find_one_and_update(
                rule, update, shown, return_document=ReturnDocument.AFTER, session=session
            )
            if found is not None:
                await self._audit.insert_one(audited, session=session)
            return found

        return await in_transaction(self._database, work)

    async def remove(self, document_id: str, audited: Document) -> None:
        """Remove a document; nothing is recorded where it is gone."""

        async def work(session: AsyncClientSession) -> None:
            gone = await self.rows.delete_one({"_id": document_id}, session=session)
            if gone.deleted_count:
                await self._audit.insert_one(audited, session=session)

        await in_transaction(self._database, work)
