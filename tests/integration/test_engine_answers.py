"""A command is obeyed once and answered every time, in time or not at all."""

import time

import pytest
from amqp_stranger import Stranger, fill
from engine_support import Room, until

from shared.contracts.stations.needs import ConfirmNeed
from shared.runtime.clock import machine_now

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("comment", ["", "refuse"])
def test_the_same_key_again_is_given_the_same_answer(here: Room, stranger: Stranger, comment: str):
    here.start()
    answers = [stranger.ask(fill("red", 3, comment), key="same") for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert here.amounts() == ({} if comment else {"red": 3})


def test_the_same_key_with_another_body_is_told_so(here: Room, stranger: Stranger):
    here.start()
    stranger.ask(fill("red", 3), key="same")
    error = stranger.ask(fill("red", 4), key="same")["error"]
    assert (error["code"], error["field"]) == ("idempotency_mismatch", "Idempotency-Key")
    assert here.amounts() == {"red": 3}


def test_the_same_key_many_times_at_once_is_obeyed_once_and_everyone_is_answered(here: Room, stranger: Stranger):
    asked = [stranger.command(fill("red", 2), key="same") for _ in range(20)]
    here.start()
    here.start()
    assert [stranger.answer(correlation) for correlation in asked] == [{"ok": {"amount": 2}}] * 20
    assert here.amounts() == {"red": 2}


def test_another_body_under_the_same_key_in_the_same_batch_is_told_so(here: Room, stranger: Stranger):
    one = stranger.command(fill("red", 2), key="same")
    other = stranger.command(fill("red", 3), key="same")
    here.start()
    assert stranger.answer(one) == {"ok": {"amount": 2}}
    assert stranger.answer(other)["error"]["code"] == "idempotency_mismatch"


def test_a_refusal_names_code_field_and_rule_and_changes_nothing(here: Room, stranger: Stranger):
    here.start()
    error = stranger.ask(fill("red", 1, "refuse"))["error"]
    assert error == {
        "code": "wrong_state", "rule": "closed_box", "field": "need_id", "args": {},
    }  # fmt: skip
    assert here.amounts() == {}
    assert here.outbox() == 0


def test_a_command_that_was_refused_for_now_succeeds_later_under_the_same_key(here: Room, stranger: Stranger):
    here.start()
    for _ in range(2):
        assert stranger.ask(fill("red", 1, "away"), key="same")["error"]["code"] == "unavailable"
    stranger.ask(fill("red", 2))
    assert stranger.ask(fill("red", 1, "away"), key="same") == {"ok": {"amount": 3}}
    assert stranger.ask(fill("red", 1, "away"), key="same") == {"ok": {"amount": 3}}
    assert here.amounts() == {"red": 3}


def test_a_caller_whose_clock_is_wrong_is_obeyed_within_its_deadline(here: Room, stranger: Stranger):
    # The broker counts the time in the queue, the service the time in hand: neither asks the caller's clock.
    here.start()
    now = int(machine_now().timestamp())
    stranger.command(fill("slow"), timestamp=now - 86_400, expiration="30000")
    stranger.command(fill("fast"), timestamp=now + 86_400, expiration="30000")
    assert "ok" in stranger.ask(fill("last"))
    assert set(here.amounts()) == {"slow", "fast", "last"}


def test_a_command_that_waited_beyond_its_deadline_in_the_queue_is_gone(here: Room, stranger: Stranger):
    stranger.command(fill("late"), expiration="1000")
    stranger.channel.queue_declare("stations.commands", passive=True)  # answered once the command has arrived
    sent = time.monotonic()
    until(lambda: time.monotonic() - sent > 1 and stranger.depth("stations.commands") == 0, "the broker to let it fall")
    here.start()
    stranger.ask(fill("last"))
    assert set(here.amounts()) == {"last"}


def test_a_known_command_that_the_service_does_not_take_is_refused(here: Room, stranger: Stranger):
    here.start()
    assert stranger.ask(ConfirmNeed(need_id="n"))["error"]["code"] == "invalid"
    assert stranger.ask(fill("red"), type="LaunchRocket")["error"]["field"] == "type"


def test_a_caller_that_is_gone_or_wants_no_answer_stops_nothing(here: Room, stranger: Stranger):
    here.start()
    stranger.command(fill("a"), reply_to="nobody.here")
    stranger.command(fill("b"), reply_to=None)
    stranger.ask(fill("c"))
    assert set(here.amounts()) == {"a", "b", "c"}


def test_an_answer_outlives_the_replica_that_gave_it(here: Room, stranger: Stranger):
    here.start()
    first = stranger.ask(fill("red", 5), key="same")
    here.loops[0].stop()
    here.start()
    assert stranger.ask(fill("red", 5), key="same") == first
    assert here.amounts() == {"red": 5}
