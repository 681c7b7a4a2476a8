"""The laws over real stores: an intact platform keeps them, and each kind of damage is found and named."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stacks
from amqp import Message
from failed_messages import keep
from laws_platform import NOW, SLOT, WAITS, Platform, dispatch, move
from pymongo import MongoClient
from stacks import Isolated, Servers

from deploy.lianshan.laws import find_pending_work, word_breaches
from deploy.lianshan.laws.check import check_law
from deploy.lianshan.stores import SERVICES
from shared.engine.amqp.broker import connect

pytestmark = pytest.mark.integration


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
        "L1: need waiting is open, and nothing will remind",
    ),
    "volunteering never heard of a need": (
        lambda p: p.of("volunteering", "staffings").delete_one({"_id": "waiting"}),
        "L1: need waiting asks for volunteers, and volunteering does not know of it",
    ),
    "only charity knows a need": (
        lambda p: p.of("stations", "needs").delete_one({"_id": "ready"}),
        "L1: charity links resources to need ready, and stations does not have it",
    ),
    "only volunteering knows a need": (
        lambda p: p.of("stations", "needs").delete_one({"_id": "waiting"}),
        "L1: volunteering looks for people for need waiting, and stations does not have it",
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
    "a payment counts more than was paid": (
        lambda p: p.of("charity", "payments").update_one({"_id": "pay_ended.0"}, {"$set": {"paid_fen": 250}}),
        "L3: payment pay_ended.0 counts CNY 2.5 as paid, and CNY 2 of it stand in the ledger",
    ),
    "a payment is lost": (
        lambda p: p.of("charity", "payments").delete_one({"_id": "pay_ended.0"}),
        "L3: payment pay_ended.0 counts CNY 0 as paid, and CNY 2 of it stand in the ledger",
    ),
    "a payment is for more than was delivered": (
        lambda p: p.of("charity", "payments").update_one({"_id": "pay_ended.0"}, {"$set": {"used_fen": 400}}),
        "L3: payment pay_ended.0 is for CNY 4, and CNY 3 of its line were delivered",
    ),
    "money was used that nobody was given": (
        lambda p: move(p, "charity", "f1", ("fund", "used:1101:CNY"), 70),
        "L3: account used:1101:CNY holds CNY 1.7, and the deliveries and payments of its area make CNY 1",
    ),
    "money was paid without a payment": (
        lambda p: move(p, "charity", "p9", ("used:1101:CNY", "paid:1101:CNY"), 70),
        "L3: account paid:1101:CNY holds CNY 2.7, and the deliveries and payments of its area make CNY 2",
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
    "a person has two dispatches at once under two merged ids": (
        lambda p: p.merge("bo", "anna"),
        "L4: volunteer anna has dsp_ready.1 and dsp_ended.1",
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
    queues = ("stations.commands",)
    charity = platform.client[f"{platform.room.database_prefix}charity"]
    keep(charity, "charity.events", b"x", id="dead")
    keep(charity, "charity.events", b"x", id="waits", due=datetime.now(UTC))
    connection = connect(platform.room.amqp_uri, "test laws")
    channel = connection.channel()
    for queue in queues:
        channel.basic_publish_confirm(Message("x"), routing_key=queue)
    assert platform.broken() == ["L1: charity.events: 1 message is a dead letter"]
    waiting = find_pending_work(platform.room.mongo_uri, platform.room.database_prefix, platform.room.amqp_uri)
    assert word_breaches(waiting) == [
        "stations.commands holds 1 message", "charity.events: 1 message that failed waits for another try",
    ]  # fmt: skip
    charity["letters"].delete_many({})
    for queue in queues:
        channel.queue_purge(queue)
    connection.close()


def test_what_two_ids_served_at_one_time_before_they_were_merged_is_history(platform: Platform) -> None:
    platform.merge("bo", "anna")
    served = {"$set": {"dispatches": [dispatch("ready", "anna", "credited")]}}
    platform.of("volunteering", "staffings").update_one({"_id": "ready"}, served)
    # The slot of a service under the merged id is kept by the surviving one.
    platform.of("volunteering", "volunteers").update_one({"_id": "bo"}, {"$set": {"bookings": []}})
    slot = {"$push": {"bookings": ["dsp_ended.1", 0, 7200]}}
    platform.of("volunteering", "volunteers").update_one({"_id": "anna"}, slot)
    assert [line for line in platform.broken() if line.startswith("L4")] == []


def test_dispatches_that_touch_do_not_overlap(platform: Platform) -> None:
    later = {"starts_at": SLOT["ends_at"], "ends_at": SLOT["ends_at"] + timedelta(hours=1)}
    platform.of("volunteering", "staffings").insert_one(
        {"_id": "later", "headcount": 1, "dispatches": [dispatch("later", "anna", "accepted")], **later}
    )
    assert [line for line in platform.broken() if line.startswith("L4")] == []


def test_where_only_the_newest_events_are_read_an_older_gap_is_found_and_the_intact_pass(platform: Platform) -> None:
    room = platform.room

    def broken() -> list[str]:
        return word_breaches(check_law("L2", room.mongo_uri, room.database_prefix, room.amqp_uri, newest=2))

    assert broken() == []
    platform.of("gateway", "feed").delete_one({"cursor": 3})
    assert broken() == ["the feed lacks cursor 3"]
