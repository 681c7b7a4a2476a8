"""What a commit wants said is said, whatever the broker does: the outbox keeps it until it is confirmed."""

from collections.abc import Iterator

import pytest
from amqp_stranger import Stranger, events_of, fill, linked
from engine_support import Room, until

from shared.contracts.subscriptions import ARCHIVE_STREAM, EVENTS_EXCHANGE
from shared.runtime import failpoints

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("swept_soon")]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def test_an_event_that_no_queue_takes_is_kept_and_published_once_one_does(here: Room, stranger: Stranger):
    for queue in ("gateway.events", ARCHIVE_STREAM):
        stranger.channel.queue_unbind(queue, EVENTS_EXCHANGE, "#")
    here.start()
    assert "ok" in stranger.ask(fill("red"))
    until(here.outbox, "the event in the outbox")
    stranger.channel.queue_bind("gateway.events", EVENTS_EXCHANGE, "#")
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert events_of("red", stranger.heard()) == [1]


def test_nothing_new_is_begun_while_what_was_decided_cannot_be_told(here: Room, stranger: Stranger):
    for queue in ("gateway.events", ARCHIVE_STREAM):
        stranger.channel.queue_unbind(queue, EVENTS_EXCHANGE, "#")
    running = here.start(batch_limit=5, prefetch=5)
    for n in range(40):
        stranger.command(fill(f"box-{n}"))
    until(lambda: running.loop.processor.unpublished, "the first batch to be stuck")
    stranger.listen(1.0)
    assert len(here.amounts()) <= 5
    stranger.channel.queue_bind("gateway.events", EVENTS_EXCHANGE, "#")
    until(lambda: len(here.amounts()) == 40 and here.outbox() == 0, "all to be told")
    assert len({e.key for e in stranger.heard()}) == 40


def test_a_full_queue_delays_events_and_loses_none(here: Room, stranger: Stranger):
    bounded = {"x-queue-type": "quorum", "x-max-length": 3, "x-overflow": "reject-publish"}
    stranger.channel.queue_declare("slow.agency", durable=True, auto_delete=False, arguments=bounded)
    stranger.channel.queue_bind("slow.agency", EVENTS_EXCHANGE, "stations.station.#")
    here.start(batch_limit=10, prefetch=10)
    asked = [stranger.command(fill(f"box-{n}")) for n in range(30)]
    until(here.outbox, "events that the full queue refuses")
    heard = []

    def drained() -> bool:
        heard.extend(stranger.heard("slow.agency"))
        return here.outbox() == 0 and len(here.amounts()) == 30

    until(drained, "everything to be told")
    heard.extend(stranger.heard("slow.agency"))
    assert {e.subject for e in heard} == {f"box-{n}" for n in range(30)}
    assert all("ok" in stranger.answer(correlation) for correlation in asked)


@pytest.mark.parametrize("point", ["before_commit", "after_commit", "after_publish", "after_confirm", "before_ack"])
def test_a_crash_anywhere_is_made_good_by_another_replica(here: Room, stranger: Stranger, point: str):
    failpoints.arm(f"{point}=raise@2")
    first = here.start(batch_limit=10, prefetch=10)
    asked = [stranger.command(fill(f"box-{n % 20}")) for n in range(100)]
    until(first.crashed, "the crash")
    here.start(batch_limit=10, prefetch=10)
    assert all("ok" in stranger.answer(correlation) for correlation in asked)
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert here.amounts() == {f"box-{n}": 5 for n in range(20)}
    heard = stranger.heard()
    assert all(events_of(f"box-{n}", heard) == [1, 2, 3, 4, 5] for n in range(20))


def test_a_crash_while_sweeping_leaves_the_rest_to_the_next_sweep(
    here: Room, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
):
    from shared.engine.store import outbox  # noqa: PLC0415 - only here

    monkeypatch.setattr(outbox, "LEASE", 1000)
    failpoints.arm("after_commit=raise@1")
    crashed = here.start()
    stranger.command(fill("red"))
    until(crashed.crashed, "the crash after the commit")
    failpoints.arm("during_sweep=raise@1")
    crashed = here.start()
    until(crashed.crashed, "the crash while sweeping")
    failpoints.arm("")
    here.start()
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert events_of("red", stranger.heard()) == [1]


def test_a_crash_before_the_retry_is_out_loses_nothing(here: Room, stranger: Stranger):
    failpoints.arm("during_retry=raise@1")
    crashed = here.start()
    stranger.event(linked("broken"))
    stranger.event(linked("red"))
    until(crashed.crashed, "the crash")
    here.start()
    until(lambda: here.amounts() == {"red": 1}, "the good message")
    until(lambda: stranger.depth("stations.events.retry.1s") or stranger.depth("stations.events.retry.5s"), "the retry")


def test_a_busy_replica_does_not_keep_another_from_going_on(here: Room, stranger: Stranger):
    """What one replica waits for is its own events, not those that others are just about to publish."""
    stuck = here.start()
    until(lambda: stuck.loop.ready, "the replica")
    for queue in ("gateway.events", ARCHIVE_STREAM):
        stranger.channel.queue_unbind(queue, EVENTS_EXCHANGE, "#")
    stranger.command(fill("red"))
    until(lambda: stuck.loop.processor.unpublished, "the replica to be stuck")
    stranger.channel.queue_bind("gateway.events", EVENTS_EXCHANGE, "#")
    young = {"at": stuck.loop.clock.machine().replace(year=2100), "messages": []}
    here.database["outbox"].insert_one(young)
    until(lambda: not stuck.loop.processor.unpublished, "the replica to go on")
    assert "ok" in stranger.ask(fill("blue"))
