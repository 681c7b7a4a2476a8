"""The projector stops under load: writes go on meanwhile, and the feed has every event once, without a gap."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from amqp_stranger import Stranger, fill
from engine_support import Room, until

from services.gateway.projector.service import assemble
from services.gateway.settings import GatewaySettings
from shared.engine.amqp.event_log import BrokerLog
from shared.engine.amqp.topology import plan
from shared.engine.run import catch_up
from shared.engine.run.catch_up import CatchUp
from shared.engine.run.loop import Loop
from shared.engine.store.opening import open_store
from shared.engine.store.schema_registry import prepare

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("swept_soon")]
QUEUE = "gateway.events"
HOLDS = 150


@pytest.fixture(autouse=True)
def small(stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that is full after seconds instead of hours."""
    monkeypatch.setattr(BrokerLog, "holds", HOLDS)
    monkeypatch.setattr(CatchUp.__init__, "__kwdefaults__", {**CatchUp.__init__.__kwdefaults__, "every": 10})
    monkeypatch.setattr(catch_up, "LOOK_SECONDS", 0.1)
    (planned,) = [queue for queue in plan() if queue.name == QUEUE]
    stranger.channel.queue_delete(QUEUE)
    arguments = {**planned.arguments, "x-max-length": HOLDS}
    stranger.channel.queue_declare(QUEUE, durable=True, auto_delete=False, arguments=arguments)
    for exchange, key in planned.bindings:
        stranger.channel.queue_bind(QUEUE, exchange, key)


@contextmanager
def projector(here: Room) -> Iterator[None]:
    """One that runs as long as this is open."""
    settings = GatewaySettings(**dict(here.settings(batch_limit=10, prefetch=10)))
    spec, database = assemble(settings), open_store(settings, "gateway")
    prepare(database, spec)
    loop = Loop(spec, settings, database)
    thread = threading.Thread(target=loop.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.stop()
        thread.join(20)
        database.client.close()
    assert not thread.is_alive()


def read_feed(here: Room) -> list[dict[str, Any]]:
    rows = here.database.client[f"{here.isolated.database_prefix}gateway"]["feed"]
    return list(rows.find({}, {"cursor": 1, "event": 1}).sort("_id", 1))


def test_the_feed_has_no_gap_after_the_projector_was_away(here: Room, stranger: Stranger) -> None:
    here.start(batch_limit=10, prefetch=10)
    with projector(here):
        assert "ok" in stranger.ask(fill("before"))
        until(lambda: len(read_feed(here)) == 1, "the first event in the feed")
    for n in range(500):
        assert "ok" in stranger.ask(fill(f"box-{n % 50}")), "writes go on while the projector is away"
    until(lambda: here.outbox() == 0, "nothing waits for the projector")
    assert stranger.depth(QUEUE) <= HOLDS
    with projector(here):
        for n in range(50):
            assert "ok" in stranger.ask(fill(f"box-{n}"))
        until(lambda: len(read_feed(here)) == 551, "every event in the feed", 120)
    assert [row["cursor"] for row in read_feed(here)] == list(range(1, 552))
    assert len({row["event"] for row in read_feed(here)}) == 551
