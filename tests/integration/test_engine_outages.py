"""Servers go away and come back: the engine waits with the messages in hand, and nothing is lost or done twice."""

import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from amqp_stranger import Stranger, events_of, fill, linked
from engine_support import PATIENCE, Room, Running, until
from failed_messages import dead
from wire import proxy

from shared.engine.amqp import broker
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.decoding import Received
from shared.engine.run import breaker, loop
from shared.engine.store import opening

pytestmark = pytest.mark.integration
HEARTBEAT = 3


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heartbeats and time-outs so short that an outage of seconds is a long one."""
    monkeypatch.setattr(broker, "HEARTBEAT_SECONDS", 1)
    monkeypatch.setattr(broker, "CONFIRM_SECONDS", 3)
    monkeypatch.setattr(broker, "ANSWER_SECONDS", 3)
    monkeypatch.setattr(loop, "HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(breaker, "BACKOFF_SECONDS", (0.1, 0.2, 0.3))
    monkeypatch.setattr(opening, "MONGO_SECONDS", 0.5)
    monkeypatch.setattr(opening, "SOCKET_SECONDS", 0.5)


def watch_redeliveries(running: Running) -> list[str]:
    """Notes every message that the broker had to hand out again: each such time counts as a failed try."""
    seen: list[str] = []
    decode = running.loop.processor._intake.decode

    def noting(deliveries: Sequence[Delivery], *rest: Any) -> list[Received]:
        seen.extend(d.properties.get("message_id", "") for d in deliveries if d.redelivered)
        return decode(deliveries, *rest)

    running.loop.processor._intake.decode = noting  # type: ignore[method-assign]
    return seen


def wait_until_silence_is_noticed(here: Room) -> None:
    """Wait until the broker has closed a connection that is silent from now on: so it does with any not kept alive."""
    silent = broker.connect(here.isolated.amqp_uri, "silent", HEARTBEAT)
    wire = silent.transport.sock
    wire.settimeout(PATIENCE)
    with suppress(ConnectionError):
        while wire.recv(4096):
            pass  # the broker's own heartbeats
    broker.close_quietly(silent)


@pytest.mark.usefixtures("impatient", "swept_soon")
@pytest.mark.parametrize(("how", "times"), [("cut", 0), ("hold", 1)])
def test_a_store_that_is_away_is_waited_for_with_the_batch_in_hand(
    here: Room, stranger: Stranger, monkeypatch: pytest.MonkeyPatch, how: str, times: int
):
    # With less, a busy machine makes the heartbeat that is due in the middle of a try come too late.
    monkeypatch.setattr(broker, "HEARTBEAT_SECONDS", HEARTBEAT)
    with proxy(here.isolated.mongo_uri) as wire:
        running = here.start(mongo_uri=wire.uri, batch_limit=50)
        assert "ok" in stranger.ask(fill("first"))
        redelivered = watch_redeliveries(running)
        (wire.cut if how == "cut" else wire.hold)()
        for n in range(300):
            stranger.event(linked(f"box-{n % 30}", n))
        until(lambda: running.loop._breaker.failures >= 3, "the service to notice")
        wait_until_silence_is_noticed(here)
        wire.restore()
        until(lambda: sum(here.amounts().values()) == 301, "everything to be applied")
        until(lambda: here.outbox() == 0, "an empty outbox")
        assert max(Counter(redelivered).values(), default=0) <= times
        assert dead(here.database) == []
        running.stop()


@pytest.mark.usefixtures("impatient")
def test_a_store_that_is_away_from_the_start_costs_no_message_a_try(here: Room, stranger: Stranger):
    with proxy(here.isolated.mongo_uri) as wire:
        wire.cut()
        for n in range(10):
            stranger.event(linked(f"box-{n}"))
        running = here.start(mongo_uri=wire.uri)
        until(lambda: running.loop._breaker.failures >= 4, "the service to notice")
        assert not running.loop.ready
        assert stranger.depth("stations.events") == 10
        wire.restore()
        until(lambda: len(here.amounts()) == 10, "everything to be applied")
        running.stop()


@pytest.mark.usefixtures("impatient")
def test_it_can_be_stopped_while_the_store_is_away(here: Room, stranger: Stranger):
    with proxy(here.isolated.mongo_uri) as wire:
        running = here.start(mongo_uri=wire.uri)
        stranger.ask(fill("first"))
        wire.cut()
        stranger.event(linked("red"))
        until(lambda: running.loop._breaker.failures >= 2, "the service to notice")
        running.stop(5)
    here.start()
    until(lambda: here.amounts() == {"first": 1, "red": 1}, "the message to be applied by the next replica")


@pytest.mark.usefixtures("swept_soon")
def test_a_wire_to_the_broker_that_breaks_again_and_again_loses_and_doubles_nothing(here: Room, stranger: Stranger):
    for n in range(1000):
        stranger.event(linked(f"box-{n % 50}", n))
    with proxy(here.isolated.amqp_uri) as wire:
        running = here.start(amqp_uri=wire.uri, batch_limit=20, prefetch=20)
        for done in range(100, 1000, 200):
            until(lambda done=done: sum(here.amounts().values()) >= done, "some progress")  # type: ignore[misc]
            wire.cut()
            wire.restore()
        until(lambda: sum(here.amounts().values()) == 1000, "everything to be applied")
        until(lambda: here.outbox() == 0, "an empty outbox")
        assert set(here.amounts().values()) == {20}
        told = {f"box-{n}": events_of(f"box-{n}", heard) for heard in [stranger.heard()] for n in range(50)}
        assert {box: versions for box, versions in told.items() if versions != list(range(1, 21))} == {}
        running.stop()


@pytest.mark.usefixtures("impatient")
def test_a_wire_to_the_broker_that_goes_dead_without_a_word_is_given_up(here: Room, stranger: Stranger):
    with proxy(here.isolated.amqp_uri) as wire:
        running = here.start(amqp_uri=wire.uri)
        stranger.event(linked("first"))
        until(lambda: here.amounts() == {"first": 1}, "the first message")
        wire.hold()
        stranger.event(linked("red"))
        until(lambda: running.loop._breaker.failures >= 1, "the service to give the dead wire up", 120)
        wire.cut()
        wire.restore()
        until(lambda: here.amounts() == {"first": 1, "red": 1}, "the message to be applied")
        running.stop()


@pytest.mark.usefixtures("swept_soon")
def test_both_servers_away_in_turn_under_load_loses_and_doubles_nothing(here: Room, stranger: Stranger):
    with proxy(here.isolated.mongo_uri) as store, proxy(here.isolated.amqp_uri) as wire:
        for _ in range(2):
            here.start(mongo_uri=store.uri, amqp_uri=wire.uri, batch_limit=40, prefetch=40)
        ended = threading.Event()

        def disturb() -> None:
            for broken in (store, wire, store, wire):
                if ended.wait(0.5):
                    break
                broken.cut()
                ended.wait(0.3)
                broken.restore()

        disturbing = threading.Thread(target=disturb, daemon=True)
        disturbing.start()
        asked = []
        for n in range(900):
            asked.append((fill(f"box-{n % 60}"), f"key-{n}"))
            stranger.command(*asked[-1])
            stranger.event(linked(f"box-{n % 60}", n))
            if n % 30 == 0:
                stranger.listen(0.05)
        disturbing.join(30)
        ended.set()
        # As a caller that had no answer would: again with the same key.
        for command, key in asked:
            stranger.command(command, key)
        until(lambda: sum(here.amounts().values()) >= 1800, "everything to be applied")
        until(lambda: here.outbox() == 0, "an empty outbox")
        assert set(here.amounts().values()) == {30}
        told = {f"box-{n}": events_of(f"box-{n}", heard) for heard in [stranger.heard()] for n in range(60)}
        assert {box: versions for box, versions in told.items() if versions != list(range(1, 31))} == {}
        for running in here.loops:
            running.stop()
