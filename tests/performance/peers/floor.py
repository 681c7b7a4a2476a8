"""Peer `floor`: the least cost of the same durable I/O, in bare py-amqp and PyMongo.

It takes all waiting messages (up to a batch limit), reads and writes the records of the whole batch with one command a
collection, together with the inbox keys of its messages and the outbox of its events in one transaction
(`w: majority`), publishes with pipelined confirms, deletes the outbox row, acknowledges. Same exchange, quorum queues
and archive stream as ours, same form of inbox and outbox (a row a batch). It decides nothing: records and events are
ready-made, only the ids are put in.
"""

import json
import os
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import cycle
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import amqp
from bson import ObjectId
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from tests.performance import steps
from tests.performance.samples import Document, fill, replacements
from tests.performance.steps import samples

BATCH: Final = int(os.environ.get("BENCH_FLOOR_BATCH", "250"))
PREFETCH: Final = 2 * BATCH
EXCHANGE: Final = "lianshan.events"
Step = tuple[dict[str, list[Document]], dict[str, list[Document]], list[Document]]
"""Inserts and updates by collection, and the events."""


class Floor:
    """One service."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.client: MongoClient[Document] = MongoClient(os.environ["LIANSHAN_MONGO_URI"])
        self.store = self.client[os.environ["LIANSHAN_DATABASE_PREFIX"] + service]
        self.connection = connect(os.environ["LIANSHAN_AMQP_URI"])
        self.forgetting = self.store.get_collection("outbox", write_concern=WriteConcern(w=1))
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
        """Take at least one message, and all others that wait."""
        while not self.waiting:
            self.connection.drain_events()
        with suppress(socket.timeout):
            while len(self.waiting) < BATCH:
                self.connection.drain_events(timeout=0)
        return [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]

    def handle(self, messages: Sequence[Any]) -> None:
        events = [json.loads(message.body) for message in messages]
        with self.client.start_session() as session:
            outbox = session.with_transaction(lambda s: self.commit(s, events), write_concern=WriteConcern("majority"))
        if outbox:
            self.publish(outbox["messages"])
            self.forgetting.delete_one({"_id": outbox["_id"]})
        self.consuming.basic_ack(messages[-1].delivery_tag, multiple=True)

    def commit(self, session: Any, events: Sequence[Document]) -> Document | None:
        keys = [f"{event['source']}#{event['id']}" for event in events]
        seen = {key for row in self.store.inbox.find({"keys": {"$in": keys}}, session=session) for key in row["keys"]}
        fresh = [event for key, event in zip(keys, events, strict=True) if key not in seen]
        if not fresh:
            return None
        inserts, updates, said = self.step(session, fresh)
        fresh_keys = [key for key in keys if key not in seen]
        inserts["inbox"] = [{"_id": ObjectId(), "keys": fresh_keys, "at": datetime.now(UTC)}]
        outbox = {"_id": ObjectId(), "at": datetime.now(UTC), "messages": said}
        if said:
            inserts["outbox"] = [outbox]
        for collection, documents_ in inserts.items():
            self.store.command({"insert": collection, "documents": documents_}, session=session)
        for collection, changes in updates.items():
            self.store.command({"update": collection, "updates": changes}, session=session)
        return outbox if said else None

    def publish(self, outbox: Sequence[Document]) -> None:
        for row in outbox:
            message = amqp.Message(
                row["b"], content_type="application/cloudevents+json", delivery_mode=2, message_id=row["i"]
            )
            self.publishing.basic_publish(message, EXCHANGE, row["k"], mandatory=True)
        self.sent += len(outbox)
        while self.confirmed < self.sent:
            self.connection.drain_events(timeout=30)

    def _confirmed(self, tag: int, multiple: bool) -> None:
        self.confirmed = max(self.confirmed, tag) if multiple else self.confirmed + 1


def routing_key(event_type: str, area: str) -> str:
    return ".".join((event_type, area[:2], area[2:4], area[4:6], area[6:9], area[9:]))


class Prepared:
    """An event whose bytes are ready but for the need's id and the area."""

    def __init__(self, sample: Document) -> None:
        self.type, self.need, self.area = sample["type"], samples().need, sample["area"]
        self.key = f"{sample['source']}#{sample['id']}"
        self.body = json.dumps(sample, ensure_ascii=False, separators=(",", ":"))

    def row(self, need: str, area: str) -> Document:
        body = self.body.replace(self.need, need).replace(self.area, area).encode()
        key = self.key.replace(self.need, need)
        return {"k": routing_key(self.type, area), "b": body, "i": key, "t": self.type, "c": need}


class Rows:
    """New records that are ready but for their ids."""

    def __init__(self, inserts: dict[str, list[Document]]) -> None:
        self.rows = [(collection, row) for collection, rows in inserts.items() for row in rows]

    def of(self, events: Sequence[Document]) -> dict[str, list[Document]]:
        made: dict[str, list[Document]] = {collection: [] for collection, _ in self.rows}
        for event in events:
            ids = replacements(samples(), event["subject"], event["area"])
            for collection, row in self.rows:
                made[collection].append({**row, "_id": fill(row["_id"], ids)})
        return made


class Charity:
    """One read; the new records and the accounts written."""

    def __init__(self, floor: Floor) -> None:
        self.store = floor.store
        self.rows = Rows(samples().charity_inserts)
        self.linked = Prepared(samples().linked)

    def __call__(self, session: Any, events: Sequence[Document]) -> Step:
        one_an_area = {event["area"]: event for event in events}.values()
        changes = [change for event in one_an_area for change in steps.reserve(event)]
        list(self.store.accounts.find({"_id": {"$in": [account["_id"] for account, _ in changes]}}, session=session))
        updates = [{"q": {"_id": account["_id"]}, "u": change} for account, change in changes]
        return (
            self.rows.of(events),
            {"accounts": updates},
            [self.linked.row(event["subject"], event["area"]) for event in events],
        )


class Volunteering:
    """One read; the new records and the volunteers written."""

    def __init__(self, floor: Floor) -> None:
        self.store = floor.store
        self.rows = Rows(samples().volunteering_inserts)
        self.confirmed = Prepared(samples().confirmed)
        self.volunteers = cycle([v["_id"] for v in self.store.volunteers.find({}, {"_id": 1})])

    def __call__(self, session: Any, events: Sequence[Document]) -> Step:
        chosen = [next(self.volunteers) for _ in events]
        list(self.store.volunteers.find({"_id": {"$in": chosen}}, session=session))
        updates = [
            {"q": {"_id": volunteer}, "u": steps.book(event)[1]}
            for volunteer, event in zip(chosen, events, strict=True)
        ]
        return (
            self.rows.of(events),
            {"volunteers": updates},
            [self.confirmed.row(event["subject"], event["area"]) for event in events],
        )


class Stations:
    """One read; the need written once for all that the batch says about it."""

    def __init__(self, floor: Floor) -> None:
        self.store = floor.store
        self.ready = Prepared(samples().ready)

    def __call__(self, session: Any, events: Sequence[Document]) -> Step:
        ids = list({event["subject"] for event in events})
        needs = {need["_id"]: need for need in self.store.needs.find({"_id": {"$in": ids}}, session=session)}
        outbox = []
        for event in events:
            need = needs[event["subject"]]
            of = "link_version" if event["type"].startswith("charity.") else "staffing_version"
            need[of] = 1
            if need.get("link_version") and need.get("staffing_version"):
                need["state"] = "ready"
                need["timeline"].append(["ready", event["time"]])
                outbox.append(self.ready.row(need["_id"], need["area"]))
        return {}, {"needs": [{"q": {"_id": need["_id"]}, "u": need} for need in needs.values()]}, outbox


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
