"""A round of the loop: messages, the log, timers, failed messages, and beside them the sweep, heartbeats, control."""

from math import inf
from types import SimpleNamespace

import pytest
from engine_loop import BEGUN_AT, BESIDE, FULL_SWEEP, Played, message, without
from structlog.testing import capture_logs

from shared.engine.amqp.topology import bound_prefetch
from shared.engine.decide.fence import Fence
from shared.engine.run.loop import MAX_BATCH_BYTES
from shared.engine.store.letters import PAGE
from shared.engine.store.replicas import Share
from shared.engine.store.timers import TAKEN_TOGETHER


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    return Played(monkeypatch)


def test_a_loop_asks_the_store_before_it_takes_a_message_and_consumes_on_a_second_connection(played: Played):
    assert played.run()[:8] == [
        "refresh", "measure", "sealing", "connect charity publisher", "publish on charity publisher",
        "connect charity consumer", "consume on charity consumer", "begin on charity publisher",
    ]  # fmt: skip
    assert played.prefetch == {queue: bound_prefetch(queue, 40) for queue in ("charity.events", "charity.commands")}


def test_a_whole_batch_is_handed_over_where_it_is_larger_than_the_prefetch(monkeypatch: pytest.MonkeyPatch):
    played = Played(monkeypatch, batch_limit=60)
    played.run()
    assert played.prefetch["charity.events"] == bound_prefetch("charity.events", 60) == 60


def test_a_round_is_messages_then_the_log_then_timers_then_failed_messages(played: Played):
    played.comes = [[message(1), message(2)]]
    played.rows, played.letters = [[{"_id": "t"}]], [[message(9)]]
    calls = without(played.run(), *BESIDE, "connect", "publish", "consume", "begin")
    assert calls[:8] == ["take", "process", "ack [1, 2]", "ack [1, 2]", "catch up", "timers", "process", "letters"]
    assert played.processed == [([1, 2], []), ([], ["t"]), ([9], [])]
    assert calls[-3:] == ["end", "close charity publisher", "close charity consumer"]


def test_messages_are_acknowledged_after_they_are_processed_and_counted_for_the_log(played: Played):
    played.comes = [[message(1), message(2)]]
    received = []
    played.after["catch up"] = lambda: received.append(played.received)
    log = played.run()
    assert log.index("process") < log.index("ack [1, 2]") < log.index("catch up")
    assert received[0] == 2


def test_a_batch_has_its_bounds_and_waits_no_longer_than_until_the_next_look_for_timers(played: Played):
    played.comes, played.rows = [[], [], []], [[], [{"_id": "t"}]]
    played.run()
    # At once, then until the timers are looked at; where some were due, more may be.
    assert [wait for _, _, wait in played.waits] == [0.0, 0.25, 0.0, 0.25]
    assert {bounds[:2] for bounds in played.waits} == {(30, MAX_BATCH_BYTES)}
    assert played.limit == 30 < TAKEN_TOGETHER


def test_events_of_the_log_are_processed_as_those_of_the_queue(played: Played):
    played.after["catch up"] = lambda: played.apply([message(7), message(8)])
    played.run()
    assert played.processed == [([7, 8], [])]
    assert "ack [7, 8]" not in played.log, "they are no queue's"


def test_timers_are_asked_for_four_times_a_second_and_failed_messages_once(played: Played):
    played.comes = [[message(n)] for n in range(1, 10)]
    played.after["process"] = lambda: setattr(played, "now", played.now + 0.125)
    played.run()
    assert (played.log.count("timers"), played.log.count("letters")) == (5, 2)


def test_after_a_full_page_of_failed_messages_the_next_is_asked_for_at_once(played: Played):
    played.comes = [[message(1)], [message(2)]]
    played.letters = [[message(n) for n in range(100, 100 + PAGE)], []]
    played.run()
    assert played.log.count("letters") == 2
    assert played.now == BEGUN_AT, "no time has passed"


def test_a_heartbeat_goes_to_both_connections_every_two_seconds(played: Played):
    played.comes = [[message(n)] for n in range(1, 6)]
    played.after["process"] = lambda: setattr(played, "now", played.now + 1.0)
    played.run()
    assert [call for call in played.log if call.startswith("heartbeat")] == [
        "heartbeat charity publisher", "heartbeat charity consumer",
    ] * 3  # fmt: skip


def test_the_outbox_is_swept_every_second_and_at_once_after_a_full_sweep(played: Played):
    played.comes = [[message(n)] for n in range(1, 5)]
    played.after["process"] = lambda: setattr(played, "now", played.now + 0.5)
    played.run()
    assert played.log.count("sweep") == 2
    again = played.log[played.log.index("sweep") :]
    assert again[1] == "move on charity publisher", "what 0.2 has put aside is moved after the sweep"


def test_a_full_sweep_is_followed_by_the_next_at_once_and_says_how_many_it_published(played: Played):
    played.comes = [[message(n)] for n in range(1, 4)]
    played.swept = [FULL_SWEEP, FULL_SWEEP - 1, 0]
    with capture_logs() as lines:
        played.run()
    assert [line["rows"] for line in lines if line["event"] == "outbox_swept"] == [FULL_SWEEP, FULL_SWEEP - 1]
    assert played.log.count("sweep") == 2


def test_published_rows_are_deleted_between_batches_and_before_the_end(played: Played):
    played.comes = [[message(n)] for n in range(1, 4)]
    played.after["process"] = lambda: setattr(played, "now", played.now + 0.5)
    played.run()
    assert list(dict.fromkeys(played.deleted)) == [BEGUN_AT + 0.5, BEGUN_AT + 1.0, BEGUN_AT + 1.5, inf]


def test_the_operators_control_is_read_every_second(played: Played):
    played.comes = [[message(n)] for n in range(1, 5)]
    played.after["process"] = lambda: setattr(played, "now", played.now + 0.5)
    played.run()
    assert played.log.count("refresh") == 1 + 2
    assert played.log.count("measure") == played.log.count("refresh")


def test_a_movable_clock_is_read_five_times_a_second(monkeypatch: pytest.MonkeyPatch):
    played = Played(monkeypatch, movable=True)
    played.comes = [[message(n)] for n in range(1, 5)]
    played.after["process"] = lambda: setattr(played, "now", played.now + 0.25)
    played.run()
    assert played.log.count("refresh") == 1 + 4
    assert played.log.count("sweep") == 1


def test_a_companion_is_woken_after_messages_and_after_timers_and_not_without(monkeypatch: pytest.MonkeyPatch):
    woken: list[str] = []
    played = Played(monkeypatch, companions=[lambda *_: SimpleNamespace(wake=lambda: woken.append("x"))])
    played.comes, played.rows = [[message(1)], [], []], [[], [{"_id": "t"}]]
    played.run()
    assert len(woken) == 2


def test_a_paused_service_takes_nothing_and_still_publishes_what_is_committed(played: Played):
    played.paused = True
    states: list[tuple[bool, str]] = []

    def look() -> None:
        states.append((played.loop.ready, played.loop.status))
        played.paused = len(states) < 6
        if len(states) > 20:  # never in vain
            played.loop.stop()

    played.after["pause"] = look
    with capture_logs() as lines:
        played.run()
    log = played.log
    assert log[:5] == ["refresh", "measure", "sealing", "connect charity publisher", "publish on charity publisher"]
    assert "sweep" in log[: log.index("consume on charity consumer")]
    assert "heartbeat charity publisher" in log[: log.index("consume on charity consumer")]
    assert states == [(True, "paused")] * len(states)
    assert set(played.pauses) == {0.25}
    assert [line["event"] for line in lines] == ["paused", "resumed", "consuming"]


def test_a_replica_without_the_lease_stands_by_and_takes_no_message(monkeypatch: pytest.MonkeyPatch):
    played = Played(monkeypatch, fence=Fence())
    played.held, status = False, []

    def look() -> None:
        status.append(played.loop.status)
        played.held = len(status) >= 5

    played.after["pause"] = look
    played.run()
    assert status == ["standby"] * len(status)
    assert played.log.index("pause") < played.log.index("connect charity consumer")
    assert played.log[-1] == "leave lease", "another replica takes over at once"


def test_a_pause_keeps_the_lease_and_the_share_of_the_work_unrenewed(monkeypatch: pytest.MonkeyPatch):
    played = Played(monkeypatch, fence=Fence(), share=Share())
    played.paused = True
    played.after["pause"] = lambda: played.loop.stop() if len(played.pauses) > 8 else None
    played.run()
    assert not {"lease", "replicas"} & set(played.log)
    assert played.log[-2:] == ["leave replicas", "leave lease"]


def test_a_loop_that_takes_messages_is_ready_and_one_that_has_lost_its_servers_is_not(played: Played):
    seen: list[tuple[bool, str, object]] = []
    look = lambda: seen.append((played.loop.ready, played.loop.status, played.loop.resting))  # noqa: E731 - one line
    played.after = {"take": look, "end": look, "connect charity publisher": look}
    played.run()
    assert seen == [(False, "ready", None), (True, "ready", None), (True, "ready", None)]
    assert not played.loop.ready
    assert played.loop.processor.publisher is None


def test_garbage_is_collected_between_batches(played: Played):
    played.comes = [[message(1)], *([] for _ in range(40))]
    played.run()
    assert [at - BEGUN_AT for at in played.collected] == [0, 2, 4, 6, 8, 10]
