"""Webhooks in the gateway's store, as the API reads and changes them. Everything is written with majority."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from pymongo import WriteConcern
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from services.gateway.audited_rows import AuditedRows
from services.gateway.deliveries.records import DELIVERIES, WEBHOOKS, Delivery, Webhook
from services.gateway.projection.feed import FeedItem, first_mark
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT

MAX_MILLIS: Final = 5_000
MAJORITY_MILLIS: Final = 15_000
MOST_REQUEUED: Final = 1_000
"""Deliveries that one request puts back."""
MOST_SEARCHED: Final = 1_000
"""Events among which the first of a time is found: they stand in the feed nearly in the order of their times."""


class Webhooks:
    """The webhooks of the store."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
        self._database = database
        self._audited = AuditedRows(database, WEBHOOKS, concern)
        self._rows = self._audited.rows
        self._audit = database.get_collection(AUDIT, write_concern=concern)
        self._deliveries = database.get_collection(DELIVERIES, write_concern=concern)

    async def find(self, webhook_id: str, rule: Document) -> Webhook | None:
        """Return the webhook with that id, if it fits the rule of the caller."""
        found = await self._rows.find_one({"_id": webhook_id, **rule}, max_time_ms=MAX_MILLIS)
        return None if found is None else Webhook.from_document(found)

    async def after(self, last_id: str | None, limit: int, rule: Document) -> list[Webhook]:
        """Return at most `limit` webhooks that fit the rule, in the order of their ids."""
        behind: Document = {} if last_id is None else {"_id": {"$gt": last_id}}
        found = self._rows.find({**behind, **rule}).sort("_id", 1).limit(limit).max_time_ms(MAX_MILLIS)
        return [Webhook.from_document(document) for document in await found.to_list()]

    async def count(self, principal: str) -> int:
        """Return the number of webhooks of a principal."""
        return await self._rows.count_documents({"principal": principal}, maxTimeMS=MAX_MILLIS)

    async def add(self, webhook: Webhook, audited: Document) -> bool:
        """Store a new webhook with its audit row; return False where its id is taken: the request is a repetition."""
        return await self._audited.add(webhook.to_document(), audited)

    async def change(
        self, webhook: Webhook, changes: Mapping[str, Any], audited: Document, *, raised: Sequence[str] = ()
    ) -> Webhook | None:
        """Store fields of a webhook, with the audit row; its version and the counters `raised` rise by one.

        None where somebody else has changed it since it was read.
        """
        update: Document = {"$inc": dict.fromkeys(("version", *raised), 1)} | (
            {"$set": dict(changes)} if changes else {}
        )
        found = await self._audited.change({"_id": webhook.id, "version": webhook.version}, update, audited)
        return None if found is None else Webhook.from_document(found)

    async def remove(self, webhook: Webhook, audited: Document) -> None:
        """Remove a webhook, with the audit row, and then its deliveries."""
        await self._audited.remove(webhook.id, audited)
        # Apart from it: there may be more than a transaction holds. The worker writes none of a webhook that is gone.
        await self._deliveries.delete_many({"webhook": webhook.id})

    async def record(self, audited: Document) -> None:
        """Store a row of the audit."""
        await self._audit.insert_one(audited)

    async def delivery(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """Return a delivery of the webhook."""
        found = await self._deliveries.find_one({"_id": delivery_id, "webhook": webhook_id}, max_time_ms=MAX_MILLIS)
        return None if found is None else Delivery.from_document(found)

    async def deliveries(
        self, webhook_id: str, states: Sequence[str], before: str | None, limit: int
    ) -> list[Delivery]:
        """Return at most `limit` deliveries of the webhook in those states (none: in all), newest first."""
        rule: Document = {"webhook": webhook_id}
        if states:
            rule["state"] = {"$in": list(states)}
        if before is not None:
            rule["_id"] = {"$lt": before}
        found = self._deliveries.find(rule).sort("_id", -1).limit(limit).max_time_ms(MAX_MILLIS)
        return [Delivery.from_document(document) for document in await found.to_list()]

    async def add_test(self, delivery: Delivery) -> None:
        """Store the delivery of a test message, by whose id a repeated request finds it, and have the worker look."""
        await self._note(delivery.webhook, {"last_requests.test": delivery.id})
        with suppress(DuplicateKeyError):
            await self._deliveries.insert_one(delivery.to_document())
        # Also where it stood already: a request that was cut off before this comes again.
        await self._requeue(delivery.webhook)

    async def put_one_back(self, webhook_id: str, delivery_id: str, now: datetime, request: str) -> None:
        """Have a delivery made again, once for the request of that id."""
        await self.put_back(webhook_id, [delivery_id], now)
        await self._note(webhook_id, {"last_requests.redeliver": request})

    async def put_back(self, webhook_id: str, delivery_ids: Sequence[str], now: datetime) -> int:
        """Have those deliveries made again, from now on for three days; return their number."""
        news = {"state": "waiting", "due": now, "first_at": None, "expires_at": None}
        done = await self._deliveries.update_many(
            {"_id": {"$in": list(delivery_ids)}, "webhook": webhook_id, "state": {"$ne": "waiting"}}, {"$set": news}
        )
        # Also where none was changed: a request that was cut off before this comes again.
        await self._requeue(webhook_id)
        return done.modified_count

    async def _requeue(self, webhook_id: str) -> None:
        """Have the worker look at the waiting deliveries."""
        await self._rows.update_one({"_id": webhook_id}, {"$inc": {"requeued": 1}})

    async def _note(self, webhook_id: str, requests: Document) -> None:
        await self._rows.update_one({"_id": webhook_id}, {"$set": requests})

    async def undelivered(self, webhook_id: str) -> list[str]:
        """Return the ids of the oldest undelivered messages, at most MOST_REQUEUED."""
        rule = {"webhook": webhook_id, "state": "undelivered"}
        found = self._deliveries.find(rule, {"_id": 1}).sort("_id", 1).limit(MOST_REQUEUED)
        return [row["_id"] for row in await found.max_time_ms(MAX_MILLIS).to_list()]

    async def position_at(self, since: datetime, last: int) -> int:
        """Return the position behind which the events of that time and later stand; `last` where there are none.

        Events stand in the feed nearly in the order of their times: some earlier ones may come with them.
        """
        items = self._database[FeedItem.collection]
        first = first_mark(since)
        order = [("mark", 1)]
        found = items.find({"mark": {"$gte": first}}, {"_id": 0, "cursor": 1}).sort(order).limit(MOST_SEARCHED)
        cursors = [row["cursor"] for row in await found.max_time_ms(MAX_MILLIS).to_list()]
        before = await items.find_one({"mark": {"$gt": 0, "$lt": first}}, {"_id": 1}, max_time_ms=MAX_MILLIS)
        if before is None:
            return 0  # those of release 0.2.0 have no mark: all of them, rather than none
        return min(cursors) - 1 if cursors else last
