"""A message that failed is refused, tried again later or given up: by its realm, its error, and how often it failed."""

import json
from dataclasses import replace

import pytest
from engine_failures import FILL, FILLED, NOW, Boxes, a_command, after, an_event, changed, claim, kept
from structlog.testing import capture_logs

from shared.engine.amqp.letter_content import open_content
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START
from shared.engine.run import failures as failures_module
from shared.engine.run.failure_codes import is_given_up
from shared.engine.store.errors import Conflict, Held, NotCommittableError, UnlistedError, Unsettled


@pytest.fixture
def boxes() -> Boxes:
    return Boxes()


# ---- events ----------------------------------------------------------------------------------------------------


def test_an_event_that_fails_is_kept_whole_and_tried_again_after_a_second(boxes: Boxes):
    with capture_logs() as lines:
        letter = kept(boxes.fail(an_event()))
    assert letter["due"] == after(1)
    assert (letter["_id"], letter["queue"], letter["kind"]) == ("boxes.events//boxes/red#1", "boxes.events", "event")
    assert (letter["id"], letter["type"], letter["tries"]) == ("e1", FILLED, 1)
    entry = {"at": NOW, "code": "handler_failed", "error": "RuntimeError: the box fell down"}
    assert letter["history"] == [entry]
    assert open_content(letter["sealed"], None, letter["_id"]).body == b'{"amount": 1}'
    assert boxes.metrics.counts == {(FILLED, "retried"): 1}
    assert boxes.metrics.totals == {"retried": 1}
    (line,) = lines
    assert (line["event"], line["type"], line["error"]) == ("message_failed", FILLED, entry["error"])
    assert boxes.batch.replies == []


@pytest.mark.parametrize(("tries", "wait"), [(1, 5), (2, 30), (3, 120)])
def test_each_further_failure_of_an_event_makes_it_wait_longer(boxes: Boxes, tries: int, wait: int):
    news = changed(boxes.fail(an_event(claim(tries, *["handler_failed"] * tries))))
    assert news["$set"]["due"] == after(wait)
    assert news["$set"]["tries"] == tries + 1
    assert [entry["at"] for entry in news["$set"]["history"]] == [START] * tries + [NOW]


def test_an_event_that_fails_a_fifth_time_is_a_dead_letter_and_nobody_is_answered(boxes: Boxes):
    with capture_logs() as lines:
        news = changed(boxes.fail(an_event(claim(4))))
    assert (news["$set"]["dead"], news["$unset"]) == (NOW, {"due": ""})
    assert boxes.metrics.counts == {(FILLED, "dead_lettered"): 1}
    assert boxes.metrics.totals == {"dead": 1}
    assert [line for line in lines if line["event"] == "dead_letter"] == [
        {
            "event": "dead_letter", "queue": "boxes.events", "reason": "RuntimeError: the box fell down",
            "log_level": "error",
        }
    ]  # fmt: skip


def test_the_tries_that_0_2_counted_in_a_header_count(boxes: Boxes):
    past = [{"at": START.isoformat(), "error": "as before"}] * 3
    letter = kept(boxes.fail(an_event(**{"x-lianshan-history": json.dumps(past)})))
    assert (letter["tries"], letter["due"], len(letter["history"])) == (4, after(120), 4)


@pytest.mark.parametrize("error", [Held("locked"), Unsettled("a majority lags")], ids=["held", "unsettled"])
def test_an_event_that_only_met_a_lock_has_not_failed(boxes: Boxes, error: Exception):
    letter = kept(boxes.fail(an_event(), error))
    assert (letter["tries"], letter["history"], letter["due"]) == (0, [], after(1))
    news = changed(boxes.fail(an_event(claim(4)), error))
    assert news == {"$set": {"due": after(1)}}, "however often"


@pytest.mark.parametrize(
    ("error", "code"), [(Conflict("a place"), "conflict"), (NotCommittableError("too large"), "not_committable")]
)
def test_an_event_that_can_never_be_committed_counts_its_tries(boxes: Boxes, error: Exception, code: str):
    letter = kept(boxes.fail(an_event(), error))
    assert (letter["tries"], letter["history"][0]["code"]) == (1, code)


# ---- an error that no list names -------------------------------------------------------------------------------

STRANGE = UnlistedError(9999, "nobody knows")


def test_an_unlisted_error_counts_again_only_after_others_were_committed(boxes: Boxes):
    assert kept(boxes.fail(an_event(), STRANGE))["tries"] == 1
    assert changed(boxes.fail(an_event(claim(1, "unlisted_error")), STRANGE)) == {"$set": {"due": after(1)}}
    boxes.handler.committed += 1
    news = changed(boxes.fail(an_event(claim(1, "unlisted_error")), STRANGE))["$set"]
    assert (news["due"], news["tries"]) == (after(5), 2)
    assert [entry["code"] for entry in news["history"]] == ["unlisted_error"] * 2


def test_a_third_unlisted_error_while_others_are_committed_makes_a_dead_letter(boxes: Boxes):
    news = changed(boxes.fail(an_event(claim(2, *["unlisted_error"] * 2)), STRANGE))
    assert news["$set"]["dead"] == NOW
    assert is_given_up([{"code": "unlisted_error"}] * 3)
    assert not is_given_up([{"code": "unlisted_error"}] * 2 + [{"code": "conflict"}] * 9)


def test_the_memory_of_unlisted_errors_is_bounded(boxes: Boxes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(failures_module, "MOST_MET", 1)
    blue = Incoming("event", "/boxes/blue#1", "e2", FILLED, None, START, "", "")
    for received in (an_event(), replace(an_event(), message=blue)):
        assert kept(boxes.fail(received, STRANGE))["tries"] == 1
    assert kept(boxes.fail(an_event(), STRANGE))["tries"] == 1, "forgotten, so it counts once more"


# ---- commands --------------------------------------------------------------------------------------------------


def test_a_command_that_fails_is_refused_at_once_and_kept_for_the_operator(boxes: Boxes):
    assert boxes.fail(a_command()) == []
    (one,) = boxes.batch.given_up
    assert one.letter is not None
    letter = kept([one.letter])
    assert (letter["_id"], letter["dead"], letter["tries"]) == ("boxes.commands/command:k1", NOW, 1)
    assert (letter["kind"], letter["id"], len(letter["history"])) == ("command", "k1", 1)
    answer = one.answer
    assert (answer.key, answer.fingerprint, answer.letter) == ("command:k1", "print", letter["_id"])
    error = json.loads(answer.body)["error"]
    assert (error["code"], error["rule"], error["args"]) == ("failed", "kept_for_operator", {"letter": "k1"})
    assert boxes.batch.replies == [], "only once that is stored"
    assert boxes.metrics.counts == {(FILL, "dead_lettered"): 1}


def test_the_caller_of_a_command_that_lost_its_place_is_told_of_the_conflict(boxes: Boxes):
    boxes.fail(a_command(), Conflict("a unique key"))
    error = json.loads(boxes.batch.given_up[0].answer.body)["error"]
    assert (error["code"], error["rule"]) == ("conflict", "place_taken")


def test_a_command_that_only_met_a_lock_is_refused_for_now_and_its_key_stays_open(boxes: Boxes):
    assert boxes.fail(a_command(), Held("locked")) == []
    assert (boxes.reply["code"], boxes.reply["rule"]) == ("unavailable", "being_changed")
    assert boxes.batch.given_up == []
    assert not boxes.metrics.counts


def test_a_command_is_not_kept_where_there_are_too_many_dead_letters_and_its_caller_is_told(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
):
    boxes.fill_up(monkeypatch)
    with capture_logs() as lines:
        boxes.fail(a_command())
    (one,) = boxes.batch.given_up
    assert one.letter is None
    assert json.loads(one.answer.body)["error"]["rule"] == "not_kept"
    assert [line["event"] for line in lines] == ["message_failed", "dead_letter", "dead_letter_not_kept"]
    assert (lines[-1]["queue"], lines[-1]["reason"]) == ("boxes.commands", "there are too many already")


def test_a_command_that_an_operator_has_sent_back_is_given_up_again_at_once(boxes: Boxes):
    news = changed(boxes.fail(a_command(claim(1))))
    assert (news["$set"]["dead"], news["$set"]["tries"]) == (NOW, 2)
    assert (boxes.batch.given_up, boxes.batch.replies) == ([], [])
    assert changed(boxes.fail(a_command(claim(1)), Held("locked"))) == {"$set": {"due": after(1)}}


def test_an_event_that_0_2_tried_four_times_is_a_dead_letter_at_its_fifth_failure(boxes: Boxes):
    past = [{"at": START.isoformat(), "error": "as before"}] * 4
    letter = kept(boxes.fail(an_event(**{"x-lianshan-history": json.dumps(past)})))
    assert (letter["dead"], letter["tries"], "due" in letter) == (NOW, 5, False)
    assert boxes.metrics.totals == {"dead": 1}
