"""Values sampled from time to time are as the servers have them, and a sample that fails disturbs nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from amqp_stranger import Stranger, linked
from boxes import SERVICE
from engine_support import Room, until
from prometheus_client import REGISTRY

from services.charity.declaration import DECLARATION as CHARITY
from services.charity.linking.census import count_waiting as count_links
from services.charity.linking.storage import NOTHING_MORE
from services.gateway.declaration import DECLARATION as GATEWAY
from services.gateway.declaration import FEATURES, Registry
from services.gateway.features.feed.census import feed_cursor
from services.gateway.features.needs import census
from services.volunteering.declaration import DECLARATION as VOLUNTEERING
from services.volunteering.dispatch.queries import count_waiting as count_staffings
from shared.engine.observe.sampling import Sampler
from shared.engine.store.collections import ensure_indexes
from shared.runtime.clock import Clock

pytestmark = pytest.mark.integration
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@contextmanager
def sampler(here: Room, uri: str | None = None) -> Iterator[Sampler]:
    clock = Clock(monotonic=lambda: 0.0)
    clock.observe(NOW, 0.0, 0.0)
    looking = Sampler(SERVICE, uri or here.isolated.amqp_uri, here.database, clock)
    yield looking
    looking.stop()
    looking.run()  # ends at once, and closes the connections it has opened


def shown(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"service": SERVICE, **labels})


def test_queues_are_as_deep_as_the_broker_says(here: Room) -> None:
    stranger = Stranger(here.isolated.amqp_uri)
    for number in range(3):
        stranger.event(linked(f"need-{number}"))
    until(lambda: stranger.depth("stations.events") == 3, "the events in the queue")
    with sampler(here) as looking:
        looking.sample()
        assert shown("lianshan_queue_messages", queue="stations.events", kind="main") == 3
        assert shown("lianshan_queue_consumers", queue="stations.events") == 0
        assert shown("lianshan_queue_limit_messages", queue="stations.events", kind="main") == 1_000_000

        assert len(stranger.take_all("stations.events")) == 3
        looking.sample()
        assert shown("lianshan_queue_messages", queue="stations.events", kind="main") == 0
    stranger.close()


def test_outbox_and_timers_are_as_late_as_the_store_says_even_while_the_broker_is_away(here: Room) -> None:
    here.database["outbox"].insert_many(
        [{"at": NOW - timedelta(seconds=90), "messages": [{}, {}]}, {"at": NOW, "messages": [{}]}]
    )
    here.database["timers"].insert_many(
        [
            {"_id": "late", "due": NOW - timedelta(seconds=7), "attempts": 0},
            {"_id": "to come", "due": NOW + timedelta(hours=1), "attempts": 3},
        ]
    )
    with sampler(here, "amqp://nobody:nothing@127.0.0.1:1/") as looking:
        looking.sample()
    assert (shown("lianshan_outbox_events"), shown("lianshan_outbox_age_seconds")) == (3, 90)
    assert (shown("lianshan_timers_due"), shown("lianshan_timers_late_seconds")) == (1, 7)
    assert shown("lianshan_timers_failing") == 1

    here.database["outbox"].delete_many({})
    here.database["timers"].delete_many({})
    with sampler(here) as looking:
        looking.sample()
    assert (shown("lianshan_outbox_events"), shown("lianshan_outbox_age_seconds")) == (0, 0)
    assert (shown("lianshan_timers_due"), shown("lianshan_timers_late_seconds")) == (0, 0)
    assert shown("lianshan_timers_failing") == 0


def test_needs_that_wait_are_counted_by_what_they_wait_for(here: Room) -> None:
    store = here.database
    indexes = {"links": CHARITY.indexes["links"], "staffings": VOLUNTEERING.indexes["staffings"]}
    ensure_indexes(store, indexes)
    rows: list[dict[str, Any]] = [
        {"state": "waiting", "wants": ["goods:quilt/1101"]},
        {"state": "waiting", "wants": ["CNY/1101", "goods:shampoo/1101"]},
        {"state": "partial", "wants": ["CNY/1101"]},
        {"state": "partial", "wants": [NOTHING_MORE]},
        {"state": "committed"},
    ]
    store["links"].insert_many(rows)
    assert count_links(store, NOW) == {"nothing_left": 2, "part_left": 1, "sources_used_up": 1}
    store["staffings"].insert_many([{"waiting_in": "1101"}, {"waiting_in": None}, {"waiting_in": "3101"}])
    assert count_staffings(store, NOW) == {"": 2}


def test_open_and_overdue_needs_are_counted_in_whatever_zone_they_are_due(here: Room) -> None:
    store = here.database.client[f"{here.isolated.database_prefix}gateway"]
    ensure_indexes(store, GATEWAY.indexes)
    assert census.overdue_needs(store, NOW) == {"": 0}
    Registry(store, FEATURES).prepare()
    assert feed_cursor(store, NOW) == {"": 0}
    store["needs@1"].insert_many([
        {"state": "ready", "need": {"due": "2026-03-02T15:59:00+08:00"}},
        {"state": "ready", "need": {"due": "2026-03-02T16:01:00+08:00"}},
        {"state": "published", "need": {"due": "2026-03-01T00:00:00Z"}},
        {"state": "confirmed", "need": {"due": "2026-03-01T00:00:00Z"}},
        {"state": "", "need": {}},
    ])  # fmt: skip
    store["feed_head"].insert_one({"_id": "feed", "last": 42})
    assert {state: n for state, n in census.open_needs(store, NOW).items() if n} == {"ready": 2, "published": 1}
    assert census.overdue_needs(store, NOW) == {"": 2}
    assert feed_cursor(store, NOW) == {"": 42}
