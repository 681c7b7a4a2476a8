"""Peer `floor`: what the same durable I/O costs at the least, in bare py-amqp and PyMongo.

It takes whatever is waiting (up to a batch limit), reads and writes the records of the whole batch with one operation
a collection, together with an inbox row for each message and an outbox row for each event in one transaction
(`w: majority`), publishes with pipelined confirms, deletes the outbox rows, acknowledges. Same exchange, quorum queues
and archive stream as ours. It decides nothing: records and events are ready-made, only the ids are put in.
"""

import json
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import amqp
from pymongo import MongoClient, ReplaceOne, UpdateOne
from pymongo.write_concern import WriteConcern

from tests.performance import documents, steps
from tests.performance.documents import Document

BATCH: Final = int(os.environ.get("BENCH_FLOOR_BATCH", "250"))
PREFETCH: Final = 2 * BATCH
EXCHANGE: Final = "lianshan.events"
Writes = dict[str, list[Any]]


class Floor:
    """One service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.client: MongoClient[Document] = MongoClient(os.environ["LIANSHAN_MONGO_URI"])
        self.store = self.client[os.environ["LIANSHAN_DATABASE_PREFIX"] + service]
        self.connection = connect(os.environ["LIANSHAN_AMQP_URI"])
        self.waiting: deque[Any] = deque()
        self.consuming = self.connection.channel()
        self.consuming.auto_decode = False
        self.consuming.basic_qos(0, PREFETCH, a_global=False)
        self.consuming.basic_consume(f"{service}.events", callback=self.waiting.append)
        self.publishing = self.connection.channel()
        self.publishing.confirm_select()
        self.publishing.events["basic_ack"].add(self._confirmed)
        self.sent = self.confirmed = 0
        step: dict[str, Callable[[Floor], Any]] = {
            "charity": Charity, "volunteering": Volunteering, "stations": Stations,
        }  # fmt: skip
        self.step = step[service](self)

    def run(self) -> None:
        while True:
            self.handle(self.take())

    def take(self) -> list[Any]:
        """At least one message, and whatever else is there."""
        while not self.waiting:
            self.connection.drain_events()
        with suppress(socket.timeout):
            while len(self.waiting) < BATCH:
                self.connection.drain_events(timeout=0)
        return [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]

    def handle(self, messages: Sequence[Any]) -> None:
        events = [json.loads(message.body) for message in messages]
        with self.client.start_session() as session:
            outbox = session.with_transaction(
                lambda s: self.commit(s, events), write_concern=WriteConcern("majority")
            )
        self.publish(outbox)
        if outbox:
            self.store.outbox.delete_many({"_id": {"$in": [row["_id"] for row in outbox]}})
        self.consuming.basic_ack(messages[-1].delivery_tag, multiple=True)

    def commit(self, session: Any, events: Sequence[Document]) -> list[Document]:
        keys = [f"{event['source']}#{event['id']}" for event in events]
        seen = {row["_id"] for row in self.store.inbox.find({"_id": {"$in": keys}}, session=session)}
        fresh = [event for key, event in zip(keys, events, strict=True) if key not in seen]
        writes, outbox = self.step(session, fresh)
        for collection, operations in writes.items():
            if operations and isinstance(operations[0], ReplaceOne | UpdateOne):
                self.store[collection].bulk_write(operations, ordered=False, session=session)
            elif operations:
                self.store[collection].insert_many(operations, ordered=False, session=session)
        inbox = [{"_id": key, "at": event["time"]} for key, event in zip(keys, events, strict=True) if key not in seen]
        if inbox:
            self.store.inbox.insert_many(inbox, ordered=False, session=session)
        if outbox:
            self.store.outbox.insert_many(outbox, ordered=False, session=session)
        return outbox

    def publish(self, outbox: Sequence[Document]) -> None:
        for row in outbox:
            message = amqp.Message(
                row["body"], content_type="application/cloudevents+json", delivery_mode=2, message_id=row["_id"]
            )
            self.publishing.basic_publish(message, EXCHANGE, row["key"], mandatory=True)
        self.sent += len(outbox)
        while self.confirmed < self.sent:
            self.connection.drain_events(timeout=30)

    def _confirmed(self, tag: int, multiple: bool) -> None:
        self.confirmed = max(self.confirmed, tag) if multiple else self.confirmed + 1


class Prepared:
    """An event whose bytes are ready but for the need's id and the area."""

    def __init__(self, sample: Document) -> None:
        self.type = sample["type"]
        self.need, self.segments = sample["subject"], segments(sample["area"])
        self.parts = json.dumps(sample, ensure_ascii=False, separators=(",", ":"))

    def row(self, need: str, area: str) -> Document:
        body = self.parts.replace(self.need, need).encode()
        return {"_id": f"{self.type}#{need}", "key": f"{self.type}.{segments(area)}", "body": body}


def segments(area: str) -> str:
    return ".".join((area[:2], area[2:4], area[4:6], area[6:9], area[9:]))


class Charity:
    """One read; link, transfer and account written."""

    def __init__(self, floor: Floor) -> None:
        self.store = floor.store
        self.link: Document = {}

    def __call__(self, session: Any, events: Sequence[Document]) -> tuple[Writes, list[Document]]:
        if not events:
            return {}, []
        if not self.link:
            self.link, self.transfer = documents.link(events[0]), documents.transfer(events[0])
            self.linked = Prepared(steps.linked(events[0]))
        stocks = [documents.account_id(event["data"]["station_id"]) for event in events]
        list(self.store.accounts.find({"_id": {"$in": list(set(stocks))}}, session=session))
        writes: Writes = {
            "links": [{**self.link, "_id": event["subject"]} for event in events],
            "transfers": [{**self.transfer, "_id": f"{event['subject']}.line-1.1"} for event in events],
            "accounts": [
                UpdateOne({"_id": stock}, {"$inc": {"debits_pending": 2 * stocks.count(stock), "version": 1}})
                for stock in set(stocks)
            ],
        }
        return writes, [self.linked.row(event["subject"], event["area"]) for event in events]


class Volunteering:
    """One read; staffing, dispatch and volunteer written."""

    def __init__(self, floor: Floor) -> None:
        self.store = floor.store
        self.volunteers = cycle([v["_id"] for v in self.store.volunteers.find({}, {"_id": 1})])
        self.staffing: Document = {}

    def __call__(self, session: Any, events: Sequence[Document]) -> tuple[Writes, list[Document]]:
        if not events:
            return {}, []
        if not self.staffing:
            first = next(self.volunteers)
            self.staffing, self.dispatch = documents.staffing(events[0], first), documents.dispatch(events[0], first)
            self.booking = documents.booking(events[0])
            self.confirmed = Prepared(steps.confirmed(events[0], first))
        chosen = [next(self.volunteers) for _ in events]
        list(self.store.volunteers.find({"_id": {"$in": chosen}}, session=session))
        change = {"$push": {"bookings": self.booking}, "$inc": {"load": 1, "version": 1}}
        writes: Writes = {
            "staffings": [{**self.staffing, "_id": event["subject"]} for event in events],
            "dispatches": [{**self.dispatch, "_id": f"{event['subject']}.d"} for event in events],
            "volunteers": [UpdateOne({"_id": volunteer}, change) for volunteer in chosen],
        }
        return writes, [self.confirmed.row(event["subject"], event["area"]) for event in events]


class Stations:
    """One read; the need written once for all that the batch says about it."""

    def __init__(self, floor: Floor) -> None:
        self.store = floor.store
        self.ready: Prepared | None = None

    def __call__(self, session: Any, events: Sequence[Document]) -> tuple[Writes, list[Document]]:
        ids = list({event["subject"] for event in events})
        needs = {need["_id"]: need for need in self.store.needs.find({"_id": {"$in": ids}}, session=session)}
        outbox = []
        for event in events:
            need = needs[event["subject"]]
            of = "link_version" if event["type"].startswith("charity.") else "staffing_version"
            need[of] = 1
            need["timeline"].append({"state": event["type"], "at": event["time"]})
            if need["link_version"] and need["staffing_version"]:
                need["state"] = "ready"
                self.ready = self.ready or Prepared(steps.ready(event, need))
                outbox.append(self.ready.row(need["_id"], need["area"]))
        return {"needs": [ReplaceOne({"_id": need["_id"]}, need) for need in needs.values()]}, outbox


def connect(uri: str) -> amqp.Connection:
    parts = urlsplit(uri)
    connection = amqp.Connection(
        host=f"{parts.hostname}:{parts.port or 5672}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=unquote(parts.path[1:]) or "/",
    )
    connection.connect()
    return connection


if __name__ == "__main__":
    Floor(sys.argv[1]).run()
