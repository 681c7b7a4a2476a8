"""A failed message comes again later and later, and at last lies with its whole history among the dead letters."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from engine_boxes import delivery

from shared.contracts.refusals import Refused
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.letter_content import HISTORY, open_content, read_content, read_past, seal_content, write_timer
from shared.engine.decide.batch import NoCallerError
from shared.engine.decide.memory import START
from shared.engine.run.failure_codes import to_code
from shared.engine.store import letters
from shared.engine.store.errors import Conflict, NotCommittableError
from shared.engine.store.former_letters import TIMER, keep_former
from shared.engine.store.letters import MOST_HISTORY, RETRY_SECONDS
from shared.runtime.clock import MachineTime
from shared.runtime.vault import Vault

NOW = MachineTime(START)
VAULT = Vault(bytes(32))


def test_each_try_waits_longer_than_the_one_before_and_the_last_is_followed_by_none():
    assert list(RETRY_SECONDS) == sorted(set(RETRY_SECONDS))
    waits = [letters.next_try(n + 1, NOW) for n in range(len(RETRY_SECONDS) + 1)]
    assert waits == [*(NOW + timedelta(seconds=s) for s in RETRY_SECONDS), None]


def test_body_properties_and_headers_stay_as_they_came_and_those_of_one_delivery_go():
    came = delivery(
        b"body", content_type="text/x", message_id="m1", reply_to="caller", expiration="1000",
        application_headers={"traceparent": "t", "x-death": [{}], "x-delivery-count": 3},
    )  # fmt: skip
    kept = open_content(seal_content(read_content(came), VAULT, "q/m1"), VAULT, "q/m1")
    assert (kept.body, kept.routing_key) == (b"body", "some.key")
    assert kept.properties == {"content_type": "text/x", "message_id": "m1"}
    assert kept.headers == {"traceparent": "t"}


def test_headers_that_no_json_can_carry_are_kept_as_far_as_they_can_be():
    deep: object = "bottom"
    for _ in range(400):  # pydantic writes 255 levels, and py-amqp reads more
        deep = {"in": [deep]}
    came = delivery(b"body", application_headers={"deep": deep, "after": 1, "flat": {"a": [1, {"b": "c"}]}})
    kept = open_content(seal_content(read_content(came), VAULT, "q/m1"), VAULT, "q/m1")
    assert (kept.headers["after"], kept.headers["flat"]) == (1, {"a": [1, {"b": "c"}]})
    assert "bottom" not in str(kept.headers["deep"])


def test_headers_are_kept_up_to_32_kib_in_their_order():
    headers = {"first": 1, "large": "x" * (32 * 1024), "half": "x" * (16 * 1024), "more": "x" * (16 * 1024), "last": 2}
    came = delivery(b"body", application_headers=headers)
    sealed = seal_content(read_content(came), None, "q/m1")
    assert list(open_content(sealed, None, "q/m1").headers) == ["first", "half", "last"]


def test_the_history_keeps_the_latest_failures():
    entries = [letters.to_entry(NOW, "handler_failed", str(n)) for n in range(100)]
    head = letters.Head("q", "event", "k", "k", "t")
    letter = letters.to_letter(head, read_content(delivery(b"")), None, entries, 100)
    assert [entry["error"] for entry in letter["history"]] == [str(n) for n in range(100 - MOST_HISTORY, 100)]
    assert letter["tries"] == 100


def test_strangers_messages_without_an_id_can_be_told_apart():
    one, two = (letters.name_undecodable(Delivery("q", 0, body, {}, "k", redelivered=False)) for body in (b"1", b"2"))
    assert one.key != two.key
    assert one.id != two.id
    assert one.key == "#6b86b273ff34fce1", "as stored letters are found again: the first 16 digits of the SHA-256"


@pytest.mark.parametrize("header", ["not json", "{}", "7", 7, None, b"[]", '["text", 3]'])
def test_a_history_of_0_2_that_was_tampered_with_counts_as_none(header: object):
    assert read_past({HISTORY: header}) == []


def test_a_history_of_0_2_keeps_its_instants_and_a_long_reason_is_cut_short():
    past = json.dumps([{"at": START.isoformat(), "error": "x" * 10_000}, {"at": "noon", "error": "y"}])
    first, second = read_past({HISTORY: past})
    assert (first["at"], len(str(first["error"]))) == (START, 500)
    assert second["at"] == datetime(1970, 1, 1, tzinfo=UTC)


def test_an_instant_of_0_2_without_a_zone_is_one_of_utc_and_any_other_stays_as_it_is():
    naive, east = START.replace(tzinfo=None), START.astimezone(timezone(timedelta(hours=8)))
    past = json.dumps([{"at": at.isoformat(), "error": "x"} for at in (naive, east)])
    assert [entry["at"] for entry in read_past({HISTORY: past})] == [START, START]


def test_a_dead_timer_says_what_it_was():
    row = {"_id": "red", "type": "boxes.box_remembered", "data": {"box_id": "red"}}
    assert json.loads(write_timer(row).body) == {"timer": "red", "type": row["type"], "data": {"box_id": "red"}}


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Conflict("x"), "conflict"),
        (NotCommittableError("x"), "not_committable"),
        (NoCallerError(Refused("invalid", "some_rule")), "refused_without_caller"),
        (KeyError("x"), "handler_failed"),
    ],
)
def test_each_kind_of_failure_has_a_code(failure: Exception, code: str):
    assert to_code(failure) == code


def test_what_0_2_put_aside_is_kept_once_under_the_key_that_todays_replicas_give_it():
    event = keep_former("q.events", b"{}", {"message_id": "/a/b#1"}, {}, NOW, vault=VAULT)
    command = keep_former("q.commands", b"{}", {"message_id": "k"}, {}, NOW, vault=VAULT)
    timer = keep_former("q.events", b"{}", {"message_id": "t"}, {TIMER: "due:need"}, NOW, vault=VAULT)
    assert [s["q"]["_id"] for s in (event, command)] == ["q.events//a/b#1", "q.commands/command:k"]
    kept = timer["u"]["$setOnInsert"]
    assert (kept["kind"], kept["id"], kept["dead"]) == ("timer", "due:need", NOW)
    assert all(s["upsert"] and s["u"]["$setOnInsert"]["sealed"].startswith("v2.") for s in (event, command, timer))


def test_a_message_that_the_broker_gave_up_tells_how_often_its_process_died():
    death = {"time": START.replace(tzinfo=None), "reason": "delivery_limit", "queue": "q.events", "count": 1}
    kept = keep_former("q.events", b"", {}, {"x-death": [death]}, NOW, vault=None)["u"]["$setOnInsert"]
    (entry,) = kept["history"]
    assert (entry["at"], entry["code"]) == (START, "process_died")
    assert entry["error"] == "delivery_limit in q.events, 1 times"
