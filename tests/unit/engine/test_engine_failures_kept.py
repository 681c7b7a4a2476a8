"""The failed messages of a batch are stored in one transaction, in spite of other replicas' changes meanwhile."""

import json
from dataclasses import replace
from typing import Any

import pytest
from engine_failures import FELL, NOW, Boxes, a_command, a_timer, an_event, claim
from structlog.testing import capture_logs

from shared.engine.run import failures as failures_module
from shared.engine.run.batch import CONFLICT_PAUSE_SECONDS, CONFLICT_TRIES, Batch
from shared.engine.run.failures import KEPT_TOGETHER
from shared.engine.store.commit import Transaction
from shared.engine.store.durability import settle
from shared.engine.store.errors import Conflict, NotCommittableError, StoreUnreachableError
from shared.engine.store.reader import Reader

EVENT = "boxes.events//boxes/red#1"
COMMAND = "boxes.commands/command:k1"


@pytest.fixture
def boxes() -> Boxes:
    return Boxes()


def keep(boxes: Boxes, statements: list[Any]) -> list[float]:
    """Keep the failures; return the pauses between the tries."""
    pauses: list[float] = []
    boxes.handler.keep(boxes.database, Reader(boxes.database), statements, boxes.batch, pauses.append)
    return pauses


def stored(boxes: Boxes, collection: str) -> dict[str, Any]:
    return {row["_id"]: row for row in boxes.database[collection].find()}


def conflicts(monkeypatch: pytest.MonkeyPatch, before: Any, times: int = 1) -> list[int]:
    """Have another replica act, and the commit conflict with that, so many times."""
    commit, tries = failures_module.commit, [0]

    def slow(database: Any, transaction: Transaction) -> None:
        tries[0] += 1
        if tries[0] <= times:
            before()
            raise Conflict("another replica was quicker")
        commit(database, transaction)

    monkeypatch.setattr(failures_module, "commit", slow)
    return tries


def send_back(boxes: Boxes) -> None:
    boxes.database["letters"].insert_one({"_id": EVENT, "due": NOW, "tries": 1, "history": []})


def test_an_event_is_kept_and_counts_as_unseen(boxes: Boxes) -> None:
    assert keep(boxes, boxes.fail(an_event())) == []
    assert set(stored(boxes, "letters")) == {EVENT}
    assert stored(boxes, "inbox") == {}


def test_a_command_is_kept_its_key_closed_and_its_caller_answered_once_that_is_stored(boxes: Boxes) -> None:
    statements = boxes.fail(a_command())
    assert boxes.batch.replies == []
    keep(boxes, statements)
    assert set(stored(boxes, "letters")) == {COMMAND}
    (row,) = stored(boxes, "inbox").values()
    assert (row["_id"], row["keys"], row["letter"], row["at"]) == (COMMAND, ["command:k1"], COMMAND, NOW)
    assert boxes.reply["rule"] == "kept_for_operator"
    assert json.loads(row["answers"][0]["body"])["error"] == boxes.reply


def test_a_command_of_which_no_letter_is_kept_has_its_key_closed_all_the_same(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes.fill_up(monkeypatch)
    keep(boxes, boxes.fail(a_command()))
    assert stored(boxes, "letters") == {}
    assert set(stored(boxes, "inbox")) == {COMMAND}
    assert boxes.reply["rule"] == "not_kept"


def test_a_dead_timer_becomes_a_letter_and_is_deleted_together(boxes: Boxes) -> None:
    received = a_timer(attempts=4)
    assert received.row is not None
    boxes.database["timers"].insert_one(received.row)
    keep(boxes, boxes.fail(received))
    assert stored(boxes, "timers") == {}
    assert [row["kind"] for row in stored(boxes, "letters").values()] == ["timer"]


def test_a_timer_that_another_replica_has_fired_meanwhile_is_no_dead_letter_and_the_others_are(boxes: Boxes) -> None:
    fired, left = a_timer(attempts=4), a_timer(attempts=4)
    assert left.row is not None
    left = replace(left, row={**left.row, "_id": "blue"})
    boxes.database["timers"].insert_one(left.row)
    boxes.batch = Batch(failed=[(fired, FELL), (left, FELL)])
    keep(boxes, boxes.handler.settle(boxes.batch))
    assert [row["id"] for row in stored(boxes, "letters").values()] == ["blue"]
    assert stored(boxes, "timers") == {}


def test_a_claimed_event_that_another_replica_has_settled_is_left_to_that_one(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_back(boxes)
    other = an_event()
    statements = boxes.fail(an_event(claim(1, "handler_failed")))
    tries = conflicts(monkeypatch, lambda: boxes.database["letters"].delete_one({"_id": EVENT}))
    keep(boxes, statements)
    assert tries == [2]
    assert stored(boxes, "letters") == {}
    keep(boxes, boxes.fail(other))
    assert set(stored(boxes, "letters")) == {EVENT}


def test_a_claimed_event_that_still_is_as_it_was_taken_is_settled_at_the_next_try(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_back(boxes)
    statements = boxes.fail(an_event(claim(1, "handler_failed")))
    tries = conflicts(monkeypatch, lambda: None, times=3)
    pauses = keep(boxes, statements)
    assert tries == [4]
    assert len(pauses) == 3
    assert all(0 <= pause <= CONFLICT_PAUSE_SECONDS * nth for nth, pause in enumerate(pauses)), "longer each time"
    assert stored(boxes, "letters")[EVENT]["tries"] == 2


def test_many_failures_are_stored_in_parts_that_mongodb_takes_at_once(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int, int]] = []
    commit = failures_module.commit

    def count(database: Any, transaction: Transaction) -> None:
        sizes.append((len(transaction.letters), len(transaction.closed), len(transaction.fired)))
        commit(database, transaction)

    monkeypatch.setattr(failures_module, "commit", count)
    commands = [a_command() for _ in range(KEPT_TOGETHER + 1)]
    for n, one in enumerate(commands):
        one.message = replace(one.message, key=f"command:k{n}")
    timers: list[Any] = [{**a_timer().row, "_id": f"red-{n}"} for n in range(KEPT_TOGETHER + 2)]  # type: ignore[dict-item]
    for row in timers:
        boxes.database["timers"].insert_one(row)
    boxes.batch = Batch(failed=[(one, FELL) for one in commands], undecodable=[(row, "no JSON") for row in timers])
    assert keep(boxes, boxes.handler.settle(boxes.batch)) == []
    assert sizes == [(2 * KEPT_TOGETHER, KEPT_TOGETHER, KEPT_TOGETHER), (3, 1, 2)]
    assert len(boxes.batch.replies) == KEPT_TOGETHER + 1
    assert stored(boxes, "timers") == {}
    assert len(stored(boxes, "letters")) == 2 * KEPT_TOGETHER + 3


def test_a_command_that_another_replica_has_answered_meanwhile_gets_that_answer_and_leaves_no_letter(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = boxes.fail(a_command())
    answer = {"key": "command:k1", "fingerprint": "print", "body": b'{"ok": {"amount": 1}}', "area": ""}
    row = {"_id": "other", "keys": ["command:k1"], "answers": [answer], "at": NOW}
    conflicts(monkeypatch, lambda: boxes.database["inbox"].insert_one(row))
    keep(boxes, statements)
    ((_, body),) = boxes.batch.replies
    assert json.loads(body) == {"ok": {"amount": 1}}
    assert boxes.batch.given_up == []
    assert stored(boxes, "letters") == {}
    assert set(stored(boxes, "inbox")) == {"other"}


def test_before_each_further_try_it_is_settled_what_a_majority_has(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled: list[Any] = []
    monkeypatch.setattr(failures_module, "settle", lambda database: settled.append(database) or settle(database))
    conflicts(monkeypatch, lambda: None, times=2)
    keep(boxes, boxes.fail(an_event()))
    assert settled == [boxes.database] * 2


def test_a_retry_of_a_command_that_fails_gives_its_key_the_final_answer_again(boxes: Boxes) -> None:
    final = [{"key": "command:k1", "fingerprint": "print", "body": b"final", "area": ""}]
    waiting = [{**final[0], "body": b"being retried"}]
    boxes.database["inbox"].insert_one(
        {"_id": EVENT, "keys": ["command:k1"], "answers": waiting, "final": final, "at": NOW, "letter": EVENT}
    )
    send_back(boxes)
    keep(boxes, boxes.fail(a_command(claim(1))))
    assert stored(boxes, "inbox")[EVENT]["answers"] == final
    assert stored(boxes, "letters")[EVENT]["dead"] == NOW


def test_where_others_change_them_all_the_time_the_batch_stays_in_hand(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = conflicts(monkeypatch, lambda: None, times=99)
    with pytest.raises(StoreUnreachableError, match="others change them all the time"):
        keep(boxes, boxes.fail(a_command()))
    assert tries == [CONFLICT_TRIES]
    assert boxes.batch.replies == [], "nobody is answered before it is stored"


def test_a_store_that_refuses_the_letters_is_the_stores_trouble(boxes: Boxes, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise NotCommittableError("a document of 17 MiB")

    monkeypatch.setattr(failures_module, "commit", refuse)
    with pytest.raises(StoreUnreachableError, match="cannot be stored: a document of 17 MiB"):
        keep(boxes, boxes.fail(an_event(), FELL))


def test_an_answer_that_another_replica_gave_to_another_request_is_not_shown_to_this_one(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements = boxes.fail(a_command())
    answer = {"key": "command:k1", "fingerprint": "of another", "body": b'{"ok": {"amount": 1}}', "area": ""}
    row = {"_id": "other", "keys": ["command:k1"], "answers": [answer], "at": NOW}
    conflicts(monkeypatch, lambda: boxes.database["inbox"].insert_one(row))
    keep(boxes, statements)
    assert boxes.reply["rule"] == "key_of_another_request"


def test_a_command_that_was_never_opened_gets_the_answer_of_its_key_as_it_is(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes.fail(a_command())
    boxes.batch.given_up = [replace(one, message=None) for one in boxes.batch.given_up]
    answer = {"key": "command:k1", "fingerprint": "of any", "body": b'{"ok": {"amount": 1}}', "area": "31"}
    row = {"_id": "other", "keys": ["command:k1"], "answers": [answer], "at": NOW}
    conflicts(monkeypatch, lambda: boxes.database["inbox"].insert_one(row))
    keep(boxes, [])
    ((_, body),) = boxes.batch.replies
    assert json.loads(body) == {"ok": {"amount": 1}}


def test_a_dead_timer_is_in_the_log_with_its_reason(boxes: Boxes) -> None:
    with capture_logs() as lines:
        boxes.fail(a_timer(attempts=4))
    (line,) = (line for line in lines if line["event"] == "dead_timer")
    assert (line["type"], line["reason"]) == ("boxes.box_remembered", "RuntimeError: the box fell down")
