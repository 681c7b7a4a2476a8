"""A message that cannot be decoded is refused or given up at once; a timer is tried again by the city's time."""

import json
from datetime import timedelta

import pytest
from engine_boxes import BoxRemembered
from engine_failures import CITY, FELL, NOW, Boxes, a_command, a_timer, an_event, changed, claim, kept
from structlog.testing import capture_logs

from shared.engine.amqp.letter_content import open_content
from shared.engine.run.batch import Batch
from shared.engine.store.collections import TIMERS
from shared.engine.store.errors import Held


@pytest.fixture
def boxes() -> Boxes:
    return Boxes()


# ---- undecodable messages --------------------------------------------------------------------------------------


def test_a_command_that_cannot_be_decoded_is_refused_with_the_reason_and_not_kept(boxes: Boxes):
    assert boxes.garble(a_command().delivery) == []
    assert (boxes.reply["code"], boxes.reply["rule"]) == ("invalid", "undecodable_command")
    assert boxes.reply["args"] == {"reason": "no JSON"}
    assert boxes.metrics.counts == {("unknown", "refused"): 1}
    assert not boxes.metrics.totals


def test_an_event_that_cannot_be_decoded_is_a_dead_letter_at_once(boxes: Boxes):
    letter = kept(boxes.garble(an_event().delivery))
    assert (letter["dead"], letter["tries"], letter["id"]) == (NOW, 1, "/boxes/red#1")
    assert letter["history"] == [{"at": NOW, "code": "undecodable", "error": "no JSON"}]
    assert boxes.metrics.counts == {("unknown", "dead_lettered"): 1}
    assert boxes.batch.replies == []


def test_an_event_that_cannot_be_decoded_is_let_go_where_there_are_too_many(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
):
    boxes.fill_up(monkeypatch)
    with capture_logs() as lines:
        assert boxes.garble(an_event().delivery) == []
    assert [line["event"] for line in lines] == ["dead_letter", "dead_letter_not_kept"]
    assert {line["queue"] for line in lines} == {"boxes.events"}
    assert lines[-1]["reason"] == "there are too many already"


def test_a_stored_message_that_cannot_be_decoded_any_more_is_given_up(boxes: Boxes):
    news = changed(boxes.garble(a_command(claim(2, "handler_failed")).delivery))
    assert (news["$set"]["dead"], news["$set"]["tries"]) == (NOW, 3)
    assert [entry["code"] for entry in news["$set"]["history"]] == ["handler_failed", "undecodable"]
    assert boxes.metrics.totals == {"dead": 1}


def test_a_timer_that_cannot_be_decoded_is_a_dead_letter_and_its_row_goes(boxes: Boxes):
    row = a_timer().row
    letter = kept(boxes.garble(row, "no such timer"))
    assert row is not None
    assert letter["_id"] == f"boxes.events/timer:red:{row['due'].isoformat()}"
    assert (letter["kind"], letter["id"], letter["type"]) == ("timer", "red", BoxRemembered.type)
    assert (letter["tries"], letter["dead"]) == (1, NOW)
    assert boxes.batch.dead_timers == [row]


# ---- timers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("attempts", "wait"), [(None, 1), (1, 5), (2, 30), (3, 120)])
def test_a_timer_that_fails_is_set_to_a_later_time_of_the_city(boxes: Boxes, attempts: int | None, wait: int):
    received = a_timer(attempts)
    boxes.database[TIMERS].insert_one(received.row)
    assert boxes.fail(received) == []
    row = boxes.database[TIMERS].find_one({"_id": "red"})
    assert (row["due"], row["attempts"]) == (CITY + timedelta(seconds=wait), (attempts or 0) + 1)
    assert boxes.metrics.counts == {(BoxRemembered.type, "retried"): 1}
    assert boxes.batch.dead_timers == []


def test_a_timer_that_fails_a_fifth_time_is_a_dead_letter(boxes: Boxes):
    received = a_timer(4)
    letter = kept(boxes.fail(received))
    assert (letter["tries"], letter["dead"]) == (5, NOW)
    assert json.loads(open_content(letter["sealed"], None, letter["_id"]).body)["timer"] == "red"
    assert boxes.batch.dead_timers == [received.row]
    assert boxes.metrics.counts == {(BoxRemembered.type, "dead_lettered"): 1}


def test_a_timer_that_only_met_a_lock_has_not_failed(boxes: Boxes):
    received = a_timer(4)
    boxes.database[TIMERS].insert_one(received.row)
    assert boxes.fail(received, Held("locked")) == []
    row = boxes.database[TIMERS].find_one({"_id": "red"})
    assert (row["due"], row["attempts"]) == (CITY + timedelta(seconds=1), 4)


def test_a_batch_settles_each_of_its_messages(boxes: Boxes):
    boxes.batch = Batch(
        undecodable=[(an_event().delivery, "no JSON")], failed=[(a_command(), FELL), (an_event(), FELL)]
    )
    assert len(boxes.handler.settle(boxes.batch)) == 2
    assert len(boxes.batch.given_up) == 1
