"""The webhooks that one worker holds by lease, and all that it writes about them, with majority.

By the clock of MongoDB, so that the clocks of the hosts do not matter. A worker that was paused for longer than its
lease may still end one attempt: receivers drop repetitions by `webhook-id`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from pymongo import ReplaceOne, ReturnDocument, WriteConcern
from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.audited_rows import AuditedRows
from services.gateway.deliveries.records import (
    DELIVERIES,
    MOST_LOGGED,
    WEBHOOKS,
    WORKERS,
    Delivery,
    Webhook,
    WebhookEnding,
)
from shared.contracts.access import SYSTEM
from shared.engine.decide.schema import Document
from shared.engine.store.lease import HAS_LAPSED, NOBODY, lapses_in
from shared.runtime.audit import build_row

LEASE_SECONDS: Final = 6.0
MOST_HELD: Final = 100
"""Webhooks of one worker."""
MOST_READ: Final = 1_000
"""Waiting deliveries of one webhook that are read at once."""
MOST_OF_SUBJECT: Final = 100
"""Waiting deliveries of one subject that are read at once."""
MOST_TESTS: Final = 20
"""Tests of one webhook that are made at once."""
MAX_MILLIS: Final = 5_000
MAJORITY_MILLIS: Final = 15_000


class Holding:
    """One worker's part in the webhooks. Every method raises PyMongoError."""

    def __init__(self, database: AsyncDatabase[Document], now: Callable[[], datetime]) -> None:
        concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
        self._now = now
        self._audited = AuditedRows(database, WEBHOOKS, concern)
        self._webhooks = self._audited.rows
        self._deliveries = database.get_collection(DELIVERIES, write_concern=concern)
        self._workers = database[WORKERS]
        self.name = uuid4().hex

    async def share(self) -> int:
        """Show that this worker lives; return the number of webhooks that it should hold: its fair part."""
        await self._workers.update_one({"_id": self.name}, [{"$set": {"until": lapses_in(LEASE_SECONDS)}}], upsert=True)
        active = await self._webhooks.count_documents({"state": "active"}, maxTimeMS=MAX_MILLIS)
        if not active:
            return 0
        await self._workers.delete_many(HAS_LAPSED)
        workers = max(1, await self._workers.count_documents({}, maxTimeMS=MAX_MILLIS))
        return min(MOST_HELD, -(-active // workers))

    async def renew(self, held: Collection[str]) -> dict[str, Webhook]:
        """Renew the leases of those webhooks; return the ones that this worker still holds, as they are now."""
        if not held:
            return {}
        mine = {"_id": {"$in": list(held)}, "holder": self.name}
        await self._webhooks.update_many(mine, [{"$set": {"until": lapses_in(LEASE_SECONDS)}}])
        return await self.read(held)

    async def read(self, held: Collection[str]) -> dict[str, Webhook]:
        """Return those of the webhooks that this worker holds."""
        mine = {"_id": {"$in": list(held)}, "holder": self.name}
        rows = await self._webhooks.find(mine).limit(len(held) or 1).max_time_ms(MAX_MILLIS).to_list()
        return {row["_id"]: Webhook.from_document(row) for row in rows}

    async def take(self, most: int) -> list[Webhook]:
        """Take over at most `most` active webhooks that nobody holds."""
        taken: list[Webhook] = []
        news = [{"$set": {"holder": self.name, "until": lapses_in(LEASE_SECONDS)}}]
        while len(taken) < most:
            row = await self._webhooks.find_one_and_update(
                {"state": "active", **HAS_LAPSED}, news, return_document=ReturnDocument.AFTER
            )
            if row is None:
                break
            taken.append(Webhook.from_document(row))
        return taken

    async def unheld(self) -> int:
        """Return the number of active webhooks that nobody holds."""
        return await self._webhooks.count_documents({"state": "active", **HAS_LAPSED}, maxTimeMS=MAX_MILLIS)

    async def release(self, webhook_id: str) -> None:
        """Let another worker take the webhook at once."""
        await self._webhooks.update_one(
            {"_id": webhook_id, "holder": self.name}, [{"$set": {"holder": NOBODY, "until": "$$NOW"}}]
        )

    async def hand_over(self, successors: Mapping[str, str]) -> None:
        """Have the webhooks of keys that were rotated act by the successors, by the ids of both."""
        for old, new in successors.items():
            await self._webhooks.update_many({"key_id": old}, {"$set": {"key_id": new}, "$inc": {"version": 1}})

    async def leave(self) -> None:
        """Count no longer as a worker."""
        await self._workers.delete_one({"_id": self.name})

    async def waiting(self, webhook_id: str, after: str) -> list[Delivery]:
        """Return the waiting deliveries of a webhook behind that id, in the order of the feed, at most MOST_READ."""
        rule = {"webhook": webhook_id, "state": "waiting", "_id": {"$gt": after}}
        rows = self._deliveries.find(rule).sort("_id", 1).limit(MOST_READ).max_time_ms(MAX_MILLIS)
        return [Delivery.from_document(row) for row in await rows.to_list()]

    async def waiting_tests(self, webhook_id: str) -> list[Delivery]:
        """Return the tests of a webhook, which stand behind all that a broken endpoint has not taken."""
        rule = {"webhook": webhook_id, "state": "waiting", "test": True}
        rows = self._deliveries.find(rule).limit(MOST_TESTS).max_time_ms(MAX_MILLIS)
        return [Delivery.from_document(row) for row in await rows.to_list()]

    async def waiting_of(self, webhook_id: str, subject: str) -> list[Delivery]:
        """Return the first waiting deliveries of one subject in the order of the feed, at most MOST_OF_SUBJECT."""
        rule = {"webhook": webhook_id, "subject": subject, "state": "waiting", "test": False}
        rows = self._deliveries.find(rule).sort("_id", 1).limit(MOST_OF_SUBJECT).max_time_ms(MAX_MILLIS)
        return [Delivery.from_document(row) for row in await rows.to_list()]

    async def sweep(self) -> int:
        """Delete the deliveries of webhooks that are gone; return their number.

        A removal that is cut off leaves them. A webhook is stored before its first delivery: these are looked at first.
        """
        named: set[str] = set(await self._deliveries.distinct("webhook", maxTimeMS=MAX_MILLIS))
        if not named:
            return 0
        standing = self._webhooks.find({"_id": {"$in": sorted(named)}}, {"_id": 1}).max_time_ms(MAX_MILLIS)
        gone = named - {row["_id"] for row in await standing.to_list()}
        if not gone:
            return 0
        return (await self._deliveries.delete_many({"webhook": {"$in": sorted(gone)}})).deleted_count

    async def log(self, deliveries: Sequence[Delivery]) -> None:
        """Store the deliveries as they are now."""
        if deliveries:
            rows = [ReplaceOne({"_id": one.id}, one.to_document(), upsert=True) for one in deliveries]
            await self._deliveries.bulk_write(rows, ordered=False)

    async def save(self, webhook: Webhook, place: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
        """Store a webhook's place in the feed, and the condition of its endpoint unless its owner has changed it since.

        A change begins another condition: another URL has not been greeted. Return False where this worker has lost the
        webhook, or its place was set by hand.
        """
        mine = {"_id": webhook.id, "holder": self.name, "replays": webhook.replays}
        unchanged = {**mine, "version": webhook.version}
        for rule, fields in ((unchanged, {**place, **condition}), (mine, dict(place))):
            done = await self._webhooks.update_one(rule, {"$set": fields})
            if done.matched_count:
                return True
        if await self._webhooks.find_one({"_id": webhook.id}, {"_id": 1}) is None:
            await self._deliveries.delete_many({"webhook": webhook.id})  # those that came after its removal
        return False

    async def end(self, webhook: Webhook, ending: WebhookEnding) -> None:
        """Send nothing more for a webhook until its owner resumes it; the audit shows that to the owner, too."""
        at = self._now()
        areas = [webhook.area] if webhook.area else []
        audited = build_row(SYSTEM, ending.act, [webhook.id, webhook.principal], at, areas=areas * 2, why=ending.reason)
        news = {"state": ending.state, "reason": ending.reason, "reason_args": {}, "stopped_at": at}
        mine = {"_id": webhook.id, "holder": self.name, "state": "active"}

        await self._audited.change(mine, {"$set": news, "$inc": {"version": 1}}, audited)

    async def trim(self, webhook_id: str) -> None:
        """Delete the delivered messages beyond the last MOST_LOGGED."""
        rule = {"webhook": webhook_id, "state": "delivered"}
        found = self._deliveries.find(rule, {"_id": 1}).sort("_id", -1).skip(MOST_LOGGED).limit(1)
        for row in await found.max_time_ms(MAX_MILLIS).to_list():
            await self._deliveries.delete_many({**rule, "_id": {"$lte": row["_id"]}})
