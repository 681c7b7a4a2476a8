"""Exports in the gateway's store, as the API begins, reads and ends them. Everything is written with majority."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.audited_rows import AuditedRows
from services.gateway.features.exports.records import (
    EXPORTS,
    MOST_KEPT,
    MOST_OPEN,
    OPEN_STATES,
    PARTS,
    TURNS,
    Export,
    part_id,
)
from services.gateway.http.problems import Problem
from shared.engine.decide.schema import Document

MAX_MILLIS: Final = 5_000
MAJORITY_MILLIS: Final = 15_000
_SHOWN: Final[Document] = {"figures": 0}


class MissingPartError(RuntimeError):
    """A part of a file is gone: it was deleted while the file was sent."""


class Exports:
    """The exports of the store."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
        self._audited = AuditedRows(database, EXPORTS, concern)
        self._rows = self._audited.rows
        self._turns = database[TURNS]
        self._parts = database.get_collection(PARTS, write_concern=concern)

    async def find(self, rule: Document) -> Export | None:
        """Return the export that fits the rule, without its figures."""
        found = await self._rows.find_one(rule, _SHOWN, max_time_ms=MAX_MILLIS)
        return None if found is None else Export.from_document(found)

    async def page(self, rule: Document, before: str | None, limit: int) -> list[Export]:
        """Return at most `limit` exports that fit the rule, newest first, those before the id where one is given."""
        behind: Document = {} if before is None else {"_id": {"$lt": before}}
        found = self._rows.find({**rule, **behind}, _SHOWN).sort("_id", -1).limit(limit).max_time_ms(MAX_MILLIS)
        return [Export.from_document(document) for document in await found.to_list()]

    async def add(self, export: Export, audited: Document) -> bool:
        """Store a new export with its audit row; return False where its request, or its name, stands already.

        Raises Problem (409) where its principal has as many as one may have, also of several that begin at once.
        """

        async def require_room(session: AsyncClientSession) -> None:
            own: Document = {"principal": export.principal}
            turn = {"begun": {"$add": [{"$ifNull": ["$begun", 0]}, 1]}, "at": "$$NOW"}
            await self._turns.update_one({"_id": export.principal}, [{"$set": turn}], upsert=True, session=session)
            is_open = {**own, "state": {"$in": list(OPEN_STATES)}}
            if await self._rows.count_documents(is_open, limit=MOST_OPEN, session=session) >= MOST_OPEN:
                raise Problem(409, "conflict", "too_many_open_exports", limit=MOST_OPEN)
            if await self._rows.count_documents(own, limit=MOST_KEPT, session=session) >= MOST_KEPT:
                raise Problem(409, "conflict", "too_many_exports", limit=MOST_KEPT)

        return await self._audited.add(export.to_document(), audited, require_room)

    async def cancel(self, export: Export, kept_until: datetime, now: datetime, audited: Document) -> Export | None:
        """Cancel an open export, with the audit row; None where it has changed since it was read."""
        ended: dict[str, Any] = {"state": "cancelled", "ended_at": now, "kept_until": kept_until, "holder": ""}
        known, update = {"_id": export.id, "version": export.version}, {"$set": ended, "$inc": {"version": 1}}
        found = await self._audited.change(known, update, audited, _SHOWN)
        if found is None:
            return None
        # A worker in the midst of it finds its lease gone, and deletes its later parts.
        await self._parts.delete_many({"export": export.id})
        return Export.from_document(found)

    async def remove(self, export: Export, audited: Document) -> None:
        """Remove an export, with the audit row, and then its file."""
        await self._audited.remove(export.id, audited)
        await self._parts.delete_many({"export": export.id})

    async def file(self, export: Export) -> AsyncIterator[bytes]:
        """Yield the bytes of the file. Raises MissingPartError, which breaks the transfer off, where they are gone."""
        for number in range(export.parts):
            place = part_id(export.id, export.attempts, number)
            row = await self._parts.find_one({"_id": place}, {"bytes": 1}, max_time_ms=MAX_MILLIS)
            if row is None:
                raise MissingPartError(place)
            yield bytes(row["bytes"])
