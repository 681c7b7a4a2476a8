"""A paused service rests, all its replicas, over restarts; when it is resumed everything is done, once."""

import time
from datetime import UTC, datetime

import pytest
from amqp_stranger import Stranger, linked
from engine_support import Room, until

from deploy.lianshan import pauses
from deploy.lianshan.stores import open_stores

pytestmark = pytest.mark.integration

SERVICE, QUEUE = "stations", "stations.events"
NOTICED_SECONDS = 2.0


def pause(here: Room) -> bool:
    with open_stores(here.isolated.mongo_uri, here.isolated.database_prefix) as stores:
        return pauses.pause(stores, SERVICE, "op", "a repair") is None


def resume(here: Room) -> bool:
    with open_stores(here.isolated.mongo_uri, here.isolated.database_prefix) as stores:
        return pauses.resume(stores, SERVICE)


def consumers(stranger: Stranger) -> int:
    return pauses.count_work(stranger.connection, SERVICE)[0]


def test_all_replicas_rest_within_two_seconds_and_go_on_where_they_were(here: Room, stranger: Stranger):
    replicas = [here.start(), here.start()]
    for n in range(300):
        stranger.event(linked(f"before-{n}"))
    until(here.amounts, "the first to be done")
    # A machine that stands still for a moment is no late replica: of three pauses one is noticed in time.
    for _ in range(3):
        paused_at = time.monotonic()
        assert pause(here)
        assert not pause(here), "it was paused already"
        until(lambda: all(r.loop.status == "paused" for r in replicas) and not consumers(stranger), "the rest")
        if (noticed := time.monotonic() - paused_at) < NOTICED_SECONDS:
            break
        assert resume(here)
        until(lambda: consumers(stranger) == 2, "both at work again")
        until(lambda: stranger.depth(QUEUE) == 0, "the first to be done")
    assert noticed < NOTICED_SECONDS
    until(lambda: here.outbox() == 0, "what they did to be said")
    done = here.amounts()
    for n in range(50):
        stranger.event(linked(f"during-{n}"))
    here.database["timers"].insert_one(
        {"_id": "t", "due": datetime.now(UTC), "type": "stations.box_due", "data": {"box_id": "timer"},
         "correlation": "c", "traceparent": "", "attempts": 0}
    )  # fmt: skip
    until(lambda: stranger.depth(QUEUE) == 350 - len(done), "everything to stand in the queue")
    assert here.amounts() == done
    assert all(r.loop.ready for r in replicas), "a pause is no illness"
    assert here.outbox() == 0

    assert resume(here)
    assert not resume(here), "it works already"
    expected = {f"before-{n}" for n in range(300)} | {f"during-{n}" for n in range(50)}
    until(lambda: here.amounts() == dict.fromkeys(expected, 1) | {"timer": 1000}, "everything, once")
    until(lambda: not any(r.loop.status == "paused" for r in replicas), "both to be at work")


def test_a_replica_that_starts_while_its_service_is_paused_rests_too(here: Room, stranger: Stranger):
    pause(here)
    replica = here.start()
    until(lambda: replica.loop.status == "paused", "the rest")
    stranger.event(linked("waits"))
    until(lambda: stranger.depth(QUEUE) == 1, "the message in the queue")
    assert replica.loop.ready
    replica.stop()
    again = here.start()
    until(lambda: again.loop.status == "paused", "the rest after the restart")
    resume(here)
    until(lambda: here.amounts() == {"waits": 1}, "the message")


def test_what_a_crash_left_in_the_outbox_is_published_during_a_pause(here: Room, stranger: Stranger):
    here.database["outbox"].insert_one(
        {"at": datetime(2026, 1, 1, tzinfo=UTC),
         "messages": [{"k": "stations.x.y", "b": b"{}", "i": "left", "t": "x", "c": "c"}]}
    )  # fmt: skip
    pause(here)
    here.start()
    until(lambda: here.outbox() == 0, "an empty outbox")
    until(lambda: stranger.depth("gateway.events") == 1, "the event in the queue")


def test_who_has_paused_what_and_why_is_told(here: Room):
    pause(here)
    with open_stores(here.isolated.mongo_uri, here.isolated.database_prefix) as stores:
        (found,) = pauses.find_paused(stores)
    assert (found.service, found.by, found.why) == (SERVICE, "op", "a repair")
    assert abs((datetime.now(UTC) - found.since).total_seconds()) < 60
    resume(here)
    with open_stores(here.isolated.mongo_uri, here.isolated.database_prefix) as stores:
        assert pauses.find_paused(stores) == []
