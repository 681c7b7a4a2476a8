"""A loop outlives the loss of its servers, keeps a batch in hand while the store is away, and stops when it is told."""

import amqp
import pytest
from engine_loop import Played, message
from pymongo.errors import AutoReconnect
from structlog.testing import capture_logs

from shared.engine.amqp.broker import BrokerUnreachableError
from shared.engine.decide.fence import Fence, LeaseLostError
from shared.engine.decide.memory import START
from shared.engine.run.breaker import BACKOFF_SECONDS
from shared.engine.store.errors import Conflict, StoreUnreachableError
from shared.engine.store.replicas import Share

AWAY = StoreUnreachableError("no primary")


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Played:
    return Played(monkeypatch)


@pytest.mark.parametrize(
    "lost",
    [BrokerUnreachableError("none at broker:5672"), amqp.ConnectionForced("restart"), OSError("reset"),
     AutoReconnect("no primary")],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_a_lost_server_is_rested_from_and_connected_again(played: Played, lost: Exception):
    played.fails["connect charity publisher"] = [lost, lost]
    with capture_logs() as lines:
        played.run()
    assert played.pauses == list(BACKOFF_SECONDS[:2])
    assert [line["tries"] for line in lines if line["event"] == "broker_or_store_lost"] == [1, 2]
    assert played.log.count("connect charity publisher") == 3
    assert "consume on charity consumer" in played.log


def test_a_connection_that_breaks_closes_both_and_ends_the_reading_of_the_log(played: Played):
    played.comes = [[message(1)], [message(2)]]
    played.fails["take"] = [None, OSError("reset")]
    played.run()
    broken = [call for call in played.log if call.startswith(("end", "close", "pause", "connect"))]
    once = ["connect charity publisher", "connect charity consumer"]
    closed = ["end", "close charity publisher", "close charity consumer"]
    assert broken == [*once, "pause", *closed, *once, *closed]


def test_an_idle_service_whose_store_is_away_says_that_it_rests_until_the_store_answers(played: Played):
    for call in ("timers", "letters", "refresh", "sweep"):
        played.fails[call] = [None, *[AutoReconnect("no primary")] * 8]
    played.comes = [[]] * 30
    said: list[bool] = []
    played.after["catch up"] = lambda: said.append(played.loop.resting is not None)
    played.run()
    first, last = said.index(True), len(said) - said[::-1].index(True)
    assert set(said[first:last]) == {True}, "work beside it that needs no store changes nothing"
    assert not said[-1], "the store answers again"


def test_a_store_that_is_away_keeps_the_batch_in_hand_and_the_connections_alive(played: Played):
    played.comes = [[message(1)]]
    played.fails["process"] = [AWAY, AutoReconnect("no primary"), None]
    played.run()
    assert [tags for tags, _ in played.processed] == [[1], [1], [1]], "a redelivery would count as a failed try"
    begun, ended = played.log.index("process"), played.log.index("ack [1]")
    assert played.log[begun:ended] == [
        "process", "pause", "heartbeat charity publisher", "heartbeat charity consumer",
        "process", "pause", "heartbeat charity publisher", "heartbeat charity consumer", "process",
    ]  # fmt: skip
    assert played.pauses[:2] == [0.1, 0.2]


def test_a_loop_rests_longer_up_to_two_seconds_and_begins_anew_after_a_batch(played: Played):
    played.comes = [[message(1)], [message(2)]]
    played.fails["process"] = [*[AWAY] * 6, None, AWAY]
    resting: list[str | None] = []
    played.after["pause"] = lambda: resting.append(played.loop.resting)
    played.run()
    assert played.pauses == [0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 0.1]
    reason = "resting until MongoDB does better, after {} failures: StoreUnreachableError: no primary"
    assert resting == [None, None, *(reason.format(n) for n in (3, 4, 5, 6)), None]


def test_a_loop_that_is_stopped_while_the_store_is_away_gives_its_messages_back(played: Played):
    played.comes = [[message(1)], [message(2)]]
    played.fails["process"] = [AWAY]
    played.after["process"] = played.loop.stop
    with capture_logs() as lines:
        played.run()
    (line,) = [line for line in lines if line["event"] == "broker_or_store_lost"]
    assert line["error"] == "OSError: stopping while MongoDB is away; the messages go back to their queues"
    assert not [call for call in played.log if call.startswith("ack")]
    assert played.log[-1] == "close charity consumer"


def test_a_loop_that_is_stopped_finishes_and_acknowledges_the_batch_at_hand(played: Played):
    played.comes = [[message(1)], [message(2)]]
    played.after["process"] = played.loop.stop
    played.run()
    assert [tags for tags, _ in played.processed] == [[1]]
    assert "ack [1]" in played.log
    assert played.log[played.log.index("process") :].count("sweep") == 0, "nothing is begun any more"


def test_timers_that_another_replica_may_fire_by_now_are_let_go(played: Played):
    played.comes, played.rows = [[]], [[{"_id": "t"}]]
    played.fails["process"] = [AWAY]
    played.run()
    assert [rows for _, rows in played.processed] == [["t"], []]


def test_timers_that_a_dead_process_has_left_are_handled_each_alone(played: Played):
    played.comes, played.rows = [[]], [[{"_id": "left", "left": 1, "due": START}, {"_id": "t"}, {"_id": "u"}]]
    played.run()
    assert [rows for _, rows in played.processed] == [["t", "u"], ["left"]]


def test_timers_that_cannot_be_read_hold_no_message_up(played: Played):
    played.comes = [[message(1)], [message(2)]]
    played.fails["timers"] = [AutoReconnect("no primary")]
    with capture_logs() as lines:
        played.run()
    assert [tags for tags, _ in played.processed] == [[1], [2]]
    assert [line["event"] for line in lines if line["log_level"] == "warning"] == ["store_unreachable"]


@pytest.mark.parametrize("error", [AWAY, AutoReconnect("no primary")], ids=["judged", "raw"])
def test_failed_messages_that_cannot_be_handled_now_are_left_to_their_leases(played: Played, error: Exception):
    played.comes, played.letters = [[message(1)], [message(2)]], [[message(9)]]
    played.fails["process"] = [None, error]
    played.run()
    assert [tags for tags, _ in played.processed] == [[1], [9], [2]]
    assert played.pauses == [0.1]


@pytest.mark.parametrize("error", [Conflict("another"), AWAY, AutoReconnect("none")], ids=["lost", "judged", "raw"])
@pytest.mark.parametrize("call", ["sweep", "measure", "sealing", "move on charity publisher", "catch up"])
def test_work_beside_messages_that_fails_costs_no_connection(played: Played, call: str, error: Exception):
    played.comes = [[message(1)], [message(2)]]
    played.fails[call] = [None, error] if call in {"measure", "sealing"} else [error]
    played.run()
    assert played.log.count("connect charity consumer") == 1
    assert [tags for tags, _ in played.processed] == [[1], [2]]
    assert played.pauses == [0.1]


def test_work_beside_messages_that_goes_well_ends_the_rest(played: Played):
    played.comes = [[], [], []]
    played.fails["catch up"] = [AWAY] * 3
    resting: list[bool] = []
    played.after["take"] = lambda: resting.append(played.loop.resting is not None)
    with capture_logs() as lines:
        played.run()
    # The refresh and the sweep of the same round answer; the failures were never three in a row.
    assert resting == [False] * 4
    assert "rested" not in [line["event"] for line in lines]


def test_a_replica_that_loses_its_lease_gives_its_messages_back_and_waits_for_no_backoff(
    monkeypatch: pytest.MonkeyPatch,
):
    played = Played(monkeypatch, fence=Fence())
    played.comes = [[message(1)], [message(2)]]
    played.fails["process"] = [LeaseLostError("number 3 is gone")]
    with capture_logs() as lines:
        played.run()
    assert "lease_lost" in [line["event"] for line in lines]
    assert played.pauses == []
    assert "ack [1]" not in played.log
    assert played.log.count("connect charity consumer") == 2


def test_a_loop_that_ends_while_the_store_is_away_still_ends(monkeypatch: pytest.MonkeyPatch):
    played = Played(monkeypatch, fence=Fence(), share=Share())
    played.fails["leave replicas"] = [AutoReconnect("no primary")]
    assert played.run()[-2:] == ["leave replicas", "leave lease"]


def test_a_loop_that_is_connected_again_sweeps_and_reads_the_control_at_once(played: Played):
    played.comes = [[message(1)], [message(2)]]
    played.fails["take"] = [None, OSError("reset")]
    log = played.run()
    again = log[len(log) - log[::-1].index("begin on charity publisher") :]
    assert again[:8] == [
        "take",
        "process",
        "ack [2]",
        "refresh",
        "measure",
        "sealing",
        "sweep",
        "move on charity publisher",
    ]
