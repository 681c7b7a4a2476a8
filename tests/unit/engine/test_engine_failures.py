"""A message that failed is refused, tried again later or given up: by its realm, its error, and how often it failed."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from engine_boxes import BoxRemembered, Fill, delivery
from structlog.testing import capture_logs

from shared.engine.amqp.claim import Claim
from shared.engine.amqp.decoding import Received
from shared.engine.amqp.letter_content import open_content
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START
from shared.engine.run import failures as failures_module
from shared.engine.run.batch import Batch
from shared.engine.run.failures import FailureHandler, is_given_up
from shared.engine.store.collections import TIMERS
from shared.engine.store.errors import Conflict, Held, NotCommittableError, UnlistedError, Unsettled
from shared.engine.store.letters import Letters
from shared.engine.store.timers import Timers
from tests.city.mongo import Database
from tests.city.store import Memory

NOW, CITY = START, START + timedelta(days=3)
FELL = RuntimeError("the box fell down")
FILLED, FILL = "boxes.box.filled", "Fill"
Row = dict[str, Any]


class Gauges:
    """Counts as the metrics of a service do."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.totals: Counter[str] = Counter()
        self.dead_letters = SimpleNamespace(inc=lambda: self.totals.update(["dead"]))
        self.retries = SimpleNamespace(inc=lambda: self.totals.update(["retried"]))

    def count(self, kind: str, outcome: str) -> None:
        self.counts[kind, outcome] += 1


class Boxes:
    """The failures of the service `boxes`, on a store in memory."""

    def __init__(self) -> None:
        self.database: Any = Database(Memory("boxes"))
        self.metrics = Gauges()
        clock: Any = SimpleNamespace(machine=lambda: NOW, city=lambda: CITY)
        timers, kept = Timers(self.database), Letters(self.database)
        self.handler = FailureHandler("boxes", timers, kept, self.metrics, clock)  # type: ignore[arg-type]
        self.batch = Batch()

    def fail(self, received: Received, error: Exception = FELL) -> list[Row]:
        """Settle one failed message; return the statements."""
        self.batch = Batch(failed=[(received, error)])
        return self.handler.settle(self.batch)

    def garble(self, origin: Any, reason: str = "no JSON") -> list[Row]:
        """Settle one message that cannot be decoded."""
        self.batch = Batch(undecodable=[(origin, reason)])
        return self.handler.settle(self.batch)

    def fill_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Letters, "takes_unasked", lambda _: False)

    @property
    def reply(self) -> Row:
        ((_, body),) = self.batch.replies
        return dict(json.loads(body)["error"])


@pytest.fixture
def boxes() -> Boxes:
    return Boxes()


def an_event(claim: Claim | None = None, **headers: object) -> Received:
    came = delivery(b'{"amount": 1}', "boxes.events", message_id="/boxes/red#1", application_headers=headers)
    came = replace(came, claim=claim)
    message = Incoming("event", "/boxes/red#1", "e1", FILLED, None, START, "the-correlation", "")
    return Received(message, came)


def a_command(claim: Claim | None = None) -> Received:
    came = delivery(b"{}", "boxes.commands", message_id="k1", reply_to="caller")
    came = replace(came, claim=claim)
    message = Incoming("command", "command:k1", "k1", FILL, Fill(box_id="red"), START, "the-correlation", "", "print")
    return Received(message, came)


def a_timer(attempts: int | None = None) -> Received:
    row: Row = {"_id": "red", "due": CITY - timedelta(seconds=1), "type": BoxRemembered.type, "data": {"box_id": "red"}}
    row |= {} if attempts is None else {"attempts": attempts}
    message = Incoming("timer", "timer:red", "red", BoxRemembered.type, None, START, "", "")
    return Received(message, row=row)


def claim(tries: int, *codes: str) -> Claim:
    history = [{"at": START, "code": code, "error": "as before"} for code in codes]
    return Claim("boxes.events//boxes/red#1", START, tries, history)


def kept(statements: list[Row]) -> Row:
    """Return the letter that the one statement stores."""
    (statement,) = statements
    assert statement["upsert"]
    return {"_id": statement["q"]["_id"], **statement["u"]["$setOnInsert"]}


def changed(statements: list[Row]) -> Row:
    """Return the changes that the one statement makes to a claimed letter."""
    (statement,) = statements
    assert statement["q"] == {"_id": "boxes.events//boxes/red#1", "due": START}
    return dict(statement["u"])


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


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


def test_a_command_that_an_operator_has_sent_back_is_given_up_again_at_once(boxes: Boxes):
    news = changed(boxes.fail(a_command(claim(1))))
    assert (news["$set"]["dead"], news["$set"]["tries"]) == (NOW, 2)
    assert (boxes.batch.given_up, boxes.batch.replies) == ([], [])
    assert changed(boxes.fail(a_command(claim(1)), Held("locked"))) == {"$set": {"due": after(1)}}


# ---- what cannot be decoded ------------------------------------------------------------------------------------


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
