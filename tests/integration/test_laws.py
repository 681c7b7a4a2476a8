"""The laws over real stores: an intact platform keeps them, and each kind of damage is found and named."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stacks
from amqp import Message
from pymongo import MongoClient
from stacks import Isolated, Servers

from deploy.lianshan.laws import check_laws, find_pending_work, word_breaches
from deploy.lianshan.laws.check import check_law
from deploy.lianshan.stores import SERVICES
from shared.engine.amqp.broker import connect

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)
SLOT = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=2)}
WAITS = {
    name: {"code": code, "args": {}}
    for name, code in {
        "for_what": "for_volunteers",
        "reason": "nobody_suitable_free",
        "next_step": "answer_is_applied",
    }.items()
}


class Platform:
    """The stores of a platform with three needs: one ready, one waiting for a volunteer, one evaluated."""

    def __init__(self, room: Isolated, client: "MongoClient[dict[str, Any]]") -> None:
        self.room = room
        self.client = client
        self._needs()
        self._links_and_books()
        self._staffings_and_hours()
        self._gateway()

    def of(self, service: str, collection: str) -> Any:
        return self.client[f"{self.room.database_prefix}{service}"][collection]

    def broken(self) -> list[str]:
        return check_laws(self.room.mongo_uri, self.room.database_prefix, self.room.amqp_uri)

    def say(self, service: str, kind: str, subject: str, version: int) -> None:
        cursor = self.of("gateway", "feed").count_documents({}) + 1
        event = {"source": f"/{service}/{kind}", "id": f"{subject}.{version}.0", "subject": subject}
        event["sequence"] = str(version).zfill(10)
        self.of("gateway", "feed").insert_one({"_id": f"{cursor:016}", "cursor": cursor, "event": json.dumps(event)})
        self.of("gateway", "feed_head").update_one({"_id": "feed"}, {"$set": {"last": cursor}}, upsert=True)

    def _needs(self) -> None:
        line = {"id": "l1", "kind": "goods", "item": "quilt", "unit": "piece", "requested": 10}
        asked = {"headcount": 1}
        ready = {"_id": "ready", "state": "ready", "lines": [line], "volunteers": asked, "announced": 3}
        ready |= {"link_version": 1, "staffing_version": 1}
        waiting = {"_id": "waiting", "state": "published", "volunteers": asked, "announced": 1}
        waiting |= {"staffing_version": 1, "staffing_waiting": [WAITS]}
        ended = {"_id": "ended", "state": "evaluated", "volunteers": asked, "announced": 6, "staffing_version": 4}
        self.of("stations", "needs").insert_many([ready, waiting, ended])
        due = NOW + timedelta(days=1)
        self.of("stations", "timers").insert_many(
            [{"_id": "due:ready", "due": due}, {"_id": "due:waiting", "due": due}]
        )
        self.of("stations", "inbox").insert_many([{"keys": ["a", "b"]}, {"keys": ["c"]}])

    def _links_and_books(self) -> None:
        source = {"transfer_id": "t1", "amount": 10}
        self.of("charity", "links").insert_one(
            {"_id": "ready", "version": 1, "state": "committed", "sources": [source]}
        )
        books(self, "charity", "goods:quilt", ["given", "stock", "used"])
        move(self, "charity", "t0", ("given", "stock"), 40)
        move(self, "charity", "t1", ("stock", "used"), 10, "pending")

    def _staffings_and_hours(self) -> None:
        rows = {
            "ready": [dispatch("ready", "anna", "accepted")],
            "waiting": [],
            "ended": [dispatch("ended", "bo", "credited", 45)],
        }
        for need, dispatches in rows.items():
            part = {"_id": need, "version": 1, "headcount": 1, "dispatches": dispatches, "watch_at": NOW}
            self.of("volunteering", "staffings").insert_one({**part, **SLOT})
        for volunteer, need in (("anna", "ready"), ("bo", "ended")):
            hold = [f"dsp_{need}.1", 0, 7200]
            self.of("volunteering", "volunteers").insert_one({"_id": volunteer, "bookings": [hold]})
        books(self, "volunteering", "minutes", ["mint", "bo"])
        move(self, "volunteering", "m1", ("mint", "bo"), 45, cause="dsp_ended.1", reason="service_confirmed")

    def _gateway(self) -> None:
        self.of("gateway", "views").insert_one({"_id": "needs", "live": 1})
        for need, seen, state, link, staffing in (
            ("ready", 3, "ready", 1, 1), ("waiting", 1, "published", 0, 1), ("ended", 6, "evaluated", 0, 4),
        ):  # fmt: skip
            view = {"_id": need, "seen": seen, "state": state, "link_seen": link, "staffing_seen": staffing}
            self.of("gateway", "needs@1").insert_one(view)
            for version in range(1, seen + 1):
                self.say("stations", "need", need, version)
            if link:
                self.say("charity", "link", need, link)
            self.say("volunteering", "staffing", need, staffing)


def dispatch(need: str, volunteer: str, state: str, minutes: int = 0) -> dict[str, Any]:
    return {"id": f"dsp_{need}.1", "volunteer_id": volunteer, "state": state, "minutes": minutes}


def books(platform: Platform, service: str, commodity: str, names: list[str]) -> None:
    counters = dict.fromkeys(("debits_pending", "debits_posted", "credits_pending", "credits_posted"), 0)
    platform.of(service, "accounts").insert_many(
        {"_id": name, "commodity": commodity, "forbids_overdraft": name == "stock", **counters} for name in names
    )


def move(  # noqa: PLR0917
    platform: Platform, service: str, name: str, way: tuple[str, str], amount: int, state: str = "posted", **more: str
) -> None:
    debit, credit = way
    commodity = platform.of(service, "accounts").find_one({"_id": debit})["commodity"]
    transfer = {"_id": name, "debit_account": debit, "credit_account": credit, "commodity": commodity}
    platform.of(service, "transfers").insert_one({**transfer, "amount": amount, "state": state, **more})
    platform.of(service, "accounts").update_one({"_id": debit}, {"$inc": {f"debits_{state}": amount}})
    platform.of(service, "accounts").update_one({"_id": credit}, {"$inc": {f"credits_{state}": amount}})


@pytest.fixture(scope="module")
def room(servers: Servers) -> Iterator[Isolated]:
    """Queues and databases for this module; each test begins with them empty."""
    with stacks.isolated(servers, furnished=True) as room:
        yield room


@pytest.fixture
def platform(room: Isolated) -> Iterator[Platform]:
    with MongoClient[dict[str, Any]](room.mongo_uri, tz_aware=True) as client:
        for service in SERVICES:
            database = client[f"{room.database_prefix}{service}"]
            for collection in database.list_collection_names():
                database[collection].delete_many({})
        yield Platform(room, client)


def test_an_intact_platform_keeps_the_laws_and_is_at_rest(platform: Platform) -> None:
    assert platform.broken() == []
    assert find_pending_work(platform.room.mongo_uri, platform.room.database_prefix, platform.room.amqp_uri) == []


Damage = Callable[[Platform], Any]
DAMAGES: dict[str, tuple[Damage, str]] = {
    "a need waits without a reason": (
        lambda p: p.of("stations", "needs").update_one({"_id": "waiting"}, {"$set": {"staffing_waiting": []}}),
        "L1: need waiting waits for volunteers without a reason",
    ),
    "a need waits without a next step": (
        lambda p: p.of("stations", "needs").update_one(
            {"_id": "waiting"}, {"$set": {"staffing_waiting": [{**WAITS, "next_step": ""}]}}
        ),
        "L1: need waiting waits for volunteers without a reason",
    ),
    "nothing reminds of the due time": (
        lambda p: p.of("stations", "timers").delete_one({"_id": "due:waiting"}),
        "L1: need waiting is published, and nothing will remind",
    ),
    "volunteering never heard of a need": (
        lambda p: p.of("volunteering", "staffings").delete_one({"_id": "waiting"}),
        "L1: need waiting asks for volunteers, and volunteering does not know of it",
    ),
    "a need has all and is not ready": (
        lambda p: p.of("stations", "needs").update_one({"_id": "ready"}, {"$set": {"state": "published"}}),
        "L1: need ready has all that it asks for",
    ),
    "a timer was forgotten": (
        lambda p: p.of("charity", "timers").insert_one({"_id": "serve:rice", "due": NOW - timedelta(minutes=5)}),
        "L1: charity: timer serve:rice",
    ),
    "an outbox was not published": (
        lambda p: p.of("charity", "outbox").insert_one({"messages": []}),
        "L1: the outbox of charity holds 1",
    ),
    "a message was handled by two batches": (
        lambda p: p.of("stations", "inbox").insert_one({"keys": ["c", "d"]}),
        "L2: stations has handled c 2 times",
    ),
    "a message was handled twice in one batch": (
        lambda p: p.of("stations", "inbox").insert_one({"keys": ["e", "e"]}),
        "L2: stations has handled e 2 times",
    ),
    "the feed has a gap": (
        lambda p: p.of("gateway", "feed").delete_one({"cursor": 2}),
        "L2: the feed goes from cursor 1 to 3",
    ),
    "the feed has an event twice": (
        lambda p: p.say("stations", "need", "ready", 2),
        "L2: the feed has /stations/need#ready.2.0 twice",
    ),
    "the feed lacks a version of a link": (
        lambda p: (
            p.say("charity", "link", "ready", 3),
            p.of("charity", "links").update_one({"_id": "ready"}, {"$set": {"version": 3}}),
        ),
        "L2: the feed has 2 events about the link of ready, its version is 3",
    ),
    "the feed's head is ahead": (
        lambda p: p.of("gateway", "feed_head").update_one({}, {"$inc": {"last": 1}}),
        "L2: the feed's head says",
    ),
    "a station missed an answer of charity": (
        lambda p: p.of("stations", "needs").update_one({"_id": "ready"}, {"$set": {"link_version": 0}}),
        "L2: need ready: its station's link is at version 0, its owner's at 1",
    ),
    "a station missed an answer of volunteering": (
        lambda p: p.of("stations", "needs").update_one({"_id": "ended"}, {"$set": {"staffing_version": 3}}),
        "L2: need ended: its station's staffing is at version 3, its owner's at 4",
    ),
    "the gateway shows an old state": (
        lambda p: p.of("gateway", "needs@1").update_one({"_id": "ended"}, {"$set": {"state": "served"}}),
        "L2: need ended: the gateway shows served",
    ),
    "money appeared from nowhere": (
        lambda p: p.of("charity", "accounts").update_one({"_id": "stock"}, {"$inc": {"credits_posted": 5}}),
        "L3: charity: account stock has credits_posted 45",
    ),
    "stock is overdrawn": (
        lambda p: move(p, "charity", "t2", ("stock", "used"), 31),
        "L3: charity: account stock forbids overdraft",
    ),
    "a reservation belongs to nobody": (
        lambda p: p.of("charity", "links").update_one({"_id": "ready"}, {"$set": {"state": "released"}}),
        "L3: 10 stay reserved by t1",
    ),
    "a need counts on what is not reserved": (
        lambda p: p.of("charity", "links").update_one(
            {"_id": "ready"}, {"$push": {"sources": {"transfer_id": "t9", "amount": 1}}}
        ),
        "L3: need ready counts on t9",
    ),
    "served minutes were not credited": (
        lambda p: p.of("volunteering", "staffings").update_one(
            {"_id": "ended"}, {"$set": {"dispatches.0.minutes": 50}}
        ),
        "L3: dispatch dsp_ended.1 has earned 50 minutes and was credited 45",
    ),
    "minutes were credited twice": (
        lambda p: move(p, "volunteering", "m2", ("mint", "bo"), 45, cause="dsp_ended.1", reason="service_confirmed"),
        "L3: dispatch dsp_ended.1 has earned 45 minutes and was credited 45+45",
    ),
    "a volunteer has two dispatches at once": (
        lambda p: p.of("volunteering", "staffings").update_one(
            {"_id": "waiting"}, {"$set": {"dispatches": [dispatch("waiting", "anna", "accepted")]}}
        ),
        "L4: volunteer anna has",
    ),
    "a need got too many": (
        lambda p: p.of("volunteering", "staffings").update_one(
            {"_id": "ready"}, {"$push": {"dispatches": dispatch("ready", "cai", "accepted")}}
        ),
        "L4: need ready asked for 1 people and got 2",
    ),
    "a slot is kept for nothing": (
        lambda p: p.of("volunteering", "volunteers").insert_one({"_id": "cai", "bookings": [["dsp_gone.1", 0, 1]]}),
        "L4: volunteer cai keeps a slot for dsp_gone.1",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_named(platform: Platform, damage: str) -> None:
    do, words = DAMAGES[damage]
    do(platform)
    found = platform.broken()
    assert any(breach.startswith(words) for breach in found), found


def test_dead_letters_and_unread_messages_are_found(platform: Platform) -> None:
    queues = ("charity.events.dead", "stations.events.retry.120s")
    connection = connect(platform.room.amqp_uri, "test laws")
    channel = connection.channel()
    for queue in queues:
        channel.basic_publish_confirm(Message("x"), routing_key=queue)
    assert platform.broken() == ["L1: charity.events.dead holds 1 dead letter"]
    waiting = find_pending_work(platform.room.mongo_uri, platform.room.database_prefix, platform.room.amqp_uri)
    assert word_breaches(waiting) == ["stations.events.retry.120s holds 1 message"]
    for queue in queues:
        channel.queue_purge(queue)
    connection.close()


def test_dispatches_that_touch_do_not_overlap(platform: Platform) -> None:
    later = {"starts_at": SLOT["ends_at"], "ends_at": SLOT["ends_at"] + timedelta(hours=1)}
    platform.of("volunteering", "staffings").insert_one(
        {"_id": "later", "headcount": 1, "dispatches": [dispatch("later", "anna", "accepted")], **later}
    )
    assert platform.broken() == []


def test_where_only_the_newest_events_are_read_an_older_gap_is_found_and_the_intact_pass(platform: Platform) -> None:
    room = platform.room

    def broken() -> list[str]:
        return word_breaches(check_law("L2", room.mongo_uri, room.database_prefix, room.amqp_uri, newest=2))

    assert broken() == []
    platform.of("gateway", "feed").delete_one({"cursor": 3})
    assert broken() == ["the feed lacks cursor 3"]
