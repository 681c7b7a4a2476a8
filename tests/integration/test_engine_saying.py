"""The events of a commit are published through any trouble of the broker: the outbox keeps them until confirmed."""

from collections.abc import Iterator

import pytest
from amqp_stranger import Stranger, events_of, fill, linked
from engine_support import Room, until
from failed_messages import waiting

from shared.contracts.subscriptions import ARCHIVE_STREAM, EVENTS_EXCHANGE
from shared.engine.amqp.topology import apart_exchange
from shared.engine.run import door
from shared.runtime import failpoints

pytestmark = [pytest.mark.integration, pytest.mark.usefixtures("swept_soon")]


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


def close(stranger: Stranger, *queues: str) -> None:
    """Have the queues take no events."""
    for queue in queues:
        for exchange in (EVENTS_EXCHANGE, apart_exchange(queue)):
            stranger.channel.queue_unbind(queue, exchange, "#")


def refuse(stranger: Stranger, queue: str) -> None:
    """Have the queue refuse every event, as one of an earlier release does that is full."""
    stranger.channel.queue_delete(queue)
    full = {"x-queue-type": "quorum", "x-max-length": 0, "x-overflow": "reject-publish"}
    stranger.channel.queue_declare(queue, durable=True, auto_delete=False, arguments=full)
    for exchange in (EVENTS_EXCHANGE, apart_exchange(queue)):
        stranger.channel.queue_bind(queue, exchange, "#")


def open_beside(stranger: Stranger, queue: str) -> str:
    """Put a queue that takes every event in the place of the full one, which keeps the few it took; gives its name."""
    opened = f"{queue}.opened"
    stranger.channel.queue_unbind(queue, apart_exchange(queue), "#")
    stranger.channel.queue_declare(opened, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
    stranger.channel.queue_bind(opened, apart_exchange(queue), "#")
    return opened


def test_an_event_that_no_queue_takes_is_kept_and_published_once_one_does(here: Room, stranger: Stranger):
    close(stranger, "gateway.events", ARCHIVE_STREAM)
    here.start()
    assert "ok" in stranger.ask(fill("red"))
    until(here.outbox, "the event in the outbox")
    for queue in ("gateway.events", ARCHIVE_STREAM):
        stranger.channel.queue_bind(queue, apart_exchange(queue), "#")
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert events_of("red", stranger.heard()) == [1]


def test_a_reader_that_takes_nothing_stops_neither_writes_nor_another_reader(here: Room, stranger: Stranger):
    refuse(stranger, "gateway.events")
    here.start(batch_limit=5, prefetch=5)
    for n in range(40):
        assert "ok" in stranger.ask(fill(f"box-{n}"))
    until(lambda: stranger.depth(ARCHIVE_STREAM) >= 40, "every event in the log")
    assert here.outbox() > 0
    opened = open_beside(stranger, "gateway.events")
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert {e.subject for e in (*stranger.heard(), *stranger.heard(opened))} == {f"box-{n}" for n in range(40)}
    assert stranger.depth(ARCHIVE_STREAM) <= 80, "each event once among all, once apart, and not with every sweep"


def test_a_full_queue_of_an_agency_costs_nobody_else_an_event_or_a_wait(here: Room, stranger: Stranger):
    bounded = {"x-queue-type": "quorum", "x-max-length": 3, "x-overflow": "reject-publish"}
    stranger.channel.queue_declare("slow.agency", durable=True, auto_delete=False, arguments=bounded)
    stranger.channel.queue_bind("slow.agency", EVENTS_EXCHANGE, "stations.station.#")
    here.start(batch_limit=10, prefetch=10)
    asked = [stranger.command(fill(f"box-{n}")) for n in range(30)]
    assert all("ok" in stranger.answer(correlation) for correlation in asked)
    until(lambda: here.outbox() == 0, "an empty outbox")
    assert {e.subject for e in stranger.heard()} == {f"box-{n}" for n in range(30)}


def test_while_events_fill_the_disk_commands_are_refused_and_nothing_else(
    here: Room, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(door, "MEBIBYTE", 10_000)
    refuse(stranger, "gateway.events")
    here.start(outbox_mib=1)
    answers = [stranger.ask(fill("box"), f"key-{n}") for n in range(20)]

    def ask_once_more() -> bool:
        answers.append(stranger.ask(fill("box"), f"key-{len(answers)}"))
        return "ok" not in answers[-1]

    until(ask_once_more, "the door to close")
    refused = len(answers) - 1
    assert answers[refused]["error"]["rule"] == "events_fill_disk"
    stranger.event(linked("red"))
    until(lambda: here.amounts().get("red") == 1, "the event to be applied behind the closed door")
    open_beside(stranger, "gateway.events")
    until(lambda: here.outbox() == 0, "an empty outbox")
    until(lambda: "ok" in stranger.ask(fill("box"), f"key-{refused}"), "the door to open again")


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
    until(lambda: waiting(here.database), "the retry")
