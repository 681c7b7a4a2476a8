"""A message that cannot be handled comes again later, and at last lies with its history where an operator finds it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boxes
import pytest
from amqp_stranger import Stranger, fill, linked
from engine_support import Room, until
from failed_messages import content, dead, errors, keep, waiting

from shared.contracts.envelope import CONTENT_TYPE
from shared.engine.amqp.former_topology import declare_former
from shared.engine.amqp.letter_content import HISTORY
from shared.engine.store import due_rows, letters
from shared.engine.store.letters import RETRY_SECONDS
from shared.engine.store.outbox import to_outgoing, to_rows

pytestmark = pytest.mark.integration
EVENTS, COMMANDS = "stations.events", "stations.commands"
KEY = "charity.link.linked.11"


def failed_before(here: Room, times: int, box: str = "broken") -> None:
    """An event that has failed so often, due for its next try now."""
    outgoing = to_outgoing(to_rows([linked(box)])[0])
    keep(
        here.database, EVENTS, outgoing.body, id=outgoing.properties["message_id"], type="charity.link.linked",
        properties=outgoing.properties, due=datetime.now(UTC), tries=times, vault=here.vault,
    )  # fmt: skip


def test_what_failed_comes_again_after_its_delay_and_may_succeed_then(
    here: Room, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
):
    here.start()
    stranger.event(linked("broken"))
    # The second try fails too, for real; then it waits longer, with both failures in its history.
    (letter,) = until(lambda: [row for row in waiting(here.database) if row["tries"] >= 2], "the second retry")
    assert set(errors(letter)) == {"RuntimeError: the box fell down"}
    first, second, *_ = (entry["at"] for entry in letter["history"])
    assert (second - first).total_seconds() >= RETRY_SECONDS[0]
    monkeypatch.setattr(boxes, "BROKEN", "mended: none")
    here.database["letters"].update_one({}, {"$set": {"due": datetime.now(UTC)}})
    until(lambda: here.amounts() == {"broken": 1}, "the message to succeed")
    until(lambda: not waiting(here.database), "nothing to wait any more")


@pytest.mark.parametrize("times", range(1, len(RETRY_SECONDS)))
def test_each_failure_waits_longer(here: Room, stranger: Stranger, times: int):
    failed_before(here, times)
    here.start()
    (letter,) = until(lambda: [row for row in waiting(here.database) if row["tries"] == times + 1], "one more failure")
    wait = letter["due"] - letter["history"][-1]["at"]
    assert wait == timedelta(seconds=RETRY_SECONDS[times])


def test_after_the_last_try_it_lies_with_its_whole_history_and_its_body_sealed(here: Room, stranger: Stranger):
    failed_before(here, len(RETRY_SECONDS))
    here.start()
    until(lambda: dead(here.database), "the dead letter")
    (letter,) = dead(here.database, EVENTS)
    assert len(letter["history"]) == len(RETRY_SECONDS) + 1
    assert letter["history"][-1]["code"] == "handler_failed"
    assert errors(letter)[-1] == "RuntimeError: the box fell down"
    assert letter["type"] == "charity.link.linked"
    assert "broken" not in json.dumps(letter, default=str).replace(letter["_id"], "").replace(letter["id"], "")
    assert json.loads(content(letter, here.vault).body)["data"]["need_id"] == "broken"


def test_two_replicas_share_the_retries_and_try_none_twice(here: Room, stranger: Stranger):
    here.start(), here.start()
    until(lambda: all(running.loop.ready for running in here.loops), "both replicas")
    for n in range(200):
        failed_before(here, 1, box=f"box-{n}")
    until(lambda: not waiting(here.database), "every retry")
    assert set(here.amounts().values()) == {1}
    assert len(here.amounts()) == 200


def test_what_a_replica_had_claimed_when_it_died_is_tried_by_another(
    here: Room, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(due_rows, "ROW_LEASE_SECONDS", 0.5)
    failed_before(here, 1, box="red")
    held = letters.Letters(here.database, here.vault)
    assert len(held.claim_due(letters.MachineTime(datetime.now(UTC)))) == 1
    here.start()
    until(lambda: here.amounts() == {"red": 1}, "another replica to try it")


def test_good_messages_are_done_and_acknowledged_however_many_have_failed(
    here: Room, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(letters, "MOST_UNASKED", 1)  # for 100,000
    keep(here.database, EVENTS, b"{}", id="one dead letter too many")
    here.start()
    for n in range(200):
        stranger.event(linked("broken" if n % 2 else "red", n))
        stranger.raw(b"not an event", KEY, message_id=f"poison-{n}")
    assert stranger.ask(fill("blue", 1, "fail"))["error"]["code"] == "failed"
    stranger.event(linked("last"))  # the queue keeps their order: then all before it have been taken
    until(lambda: here.amounts() == {"red": 100, "last": 1}, "the good messages")
    until(lambda: len(waiting(here.database)) == 100, "every event that failed to be kept")
    here.loops[0].stop()
    assert stranger.depth(EVENTS) == 0, "every message was acknowledged"
    assert len(dead(here.database)) == 1


def test_a_message_that_waits_for_another_try_and_comes_again_has_not_failed_once_more(here: Room, stranger: Stranger):
    here.start()
    stranger.event(linked("broken"))
    until(lambda: waiting(here.database), "the first failure")
    stranger.event(linked("broken"))
    stranger.event(linked("red"))
    until(lambda: here.amounts() == {"red": 1}, "the next message")
    assert len(waiting(here.database)) == 1


def test_what_release_0_2_put_aside_is_found_by_todays(here: Room, stranger: Stranger):
    """Its dead letters are moved into the store, its retries come back by themselves with their tries counted."""
    outgoing = to_outgoing(to_rows([linked("broken")])[0])
    declare_former(stranger.channel)
    past = json.dumps([{"at": datetime.now(UTC).isoformat(), "error": f"failure {n}"} for n in range(4)])
    properties = {**outgoing.properties, "application_headers": {HISTORY: past}}
    for n in range(3):
        stranger.raw(b"{}", f"{EVENTS}.dead", exchange="", message_id=f"old-{n}")
    stranger.raw(b'{"phone": "1"}', f"{COMMANDS}.dead", exchange="", message_id="asked", type="Fill")
    stranger.raw(outgoing.body, f"{EVENTS}.retry.1s", exchange="", **properties)
    here.start()
    until(lambda: len(dead(here.database)) == 5, "all of them in the store")
    assert {letter["id"] for letter in dead(here.database)} >= {"old-0", "old-1", "old-2", "asked"}
    (mended,) = (letter for letter in dead(here.database) if letter["type"] == "charity.link.linked")
    assert errors(mended) == [*(f"failure {n}" for n in range(4)), "RuntimeError: the box fell down"]
    former = (f"{EVENTS}.dead", f"{COMMANDS}.dead")
    until(lambda: [stranger.depth(queue) for queue in former] == [0, 0], "nothing to be left aside")


POISON: dict[str, tuple[bytes, dict[str, Any]]] = {
    "not JSON": (b"\x00\x01 nonsense", {"content_type": CONTENT_TYPE}),
    "an empty body": (b"", {"content_type": CONTENT_TYPE}),
    "no properties": (b"{}", {}),
    "wrong content type": (b"{}", {"content_type": "application/x-python-serialize"}),
    "no envelope": (b'{"hello": 1}', {"content_type": CONTENT_TYPE}),
    "wrong data": (
        linked("x").model_copy(update={"data": {}}).model_dump_json().encode(),
        {"content_type": CONTENT_TYPE},
    ),
    "a property that is no text": (b"{}", {"content_type": CONTENT_TYPE, "correlation_id": b"\xff\xfe"}),
    "half a character": (b"{}", {"content_type": CONTENT_TYPE, "message_id": "\ud800"}),
    "a header that is no text": (b"{}", {"content_type": CONTENT_TYPE, "application_headers": {b"\xff": "x"}}),
    "an impossible instant": (b"{}", {"content_type": CONTENT_TYPE, "timestamp": 2**64 - 1}),
}


@pytest.mark.parametrize("kind", POISON)
def test_what_cannot_be_understood_is_parked_as_it_came(here: Room, stranger: Stranger, kind: str):
    body, properties = POISON[kind]
    here.start()
    stranger.raw(body, KEY, **properties)
    stranger.event(linked("after"))
    until(lambda: here.amounts() == {"after": 1}, "the next message to be applied")
    until(lambda: dead(here.database), "the dead letter")
    (letter,) = dead(here.database)
    assert content(letter, here.vault).body == body
    assert (letter["size"], letter["history"][0]["code"]) == (len(body), "undecodable")
    assert not here.loops[0].died_of


def test_of_an_undecodable_body_above_the_largest_event_only_the_hash_is_kept(here: Room, stranger: Stranger):
    here.start()
    stranger.raw(b"x" * 70_000, KEY, message_id="large")
    until(lambda: dead(here.database), "the dead letter")
    (letter,) = dead(here.database)
    assert (letter["id"], letter["size"], letter["sealed"], len(letter["sha256"])) == ("large", 70_000, "", 64)


def test_a_command_that_cannot_be_decoded_is_refused(here: Room, stranger: Stranger):
    here.start()
    correlation = stranger.command(fill("red"), type=None)
    assert stranger.answer(correlation)["error"]["rule"] == "undecodable_command"
    assert dead(here.database) == []


def test_a_routing_key_that_is_no_text_stops_nothing(here: Room, stranger: Stranger):
    here.start()
    stranger.raw(b"{}", "charity.link.\udcff".encode("utf-8", "surrogateescape"))  # type: ignore[arg-type]
    stranger.event(linked("after"))
    until(lambda: here.amounts() == {"after": 1}, "the next message to be applied")
    until(lambda: dead(here.database), "the dead letter")


def test_an_event_of_a_type_that_nobody_knows_is_passed_over(here: Room, stranger: Stranger):
    here.start()
    stranger.event(linked("new").model_copy(update={"type": "charity.link.rethought", "id": "new.1"}))
    stranger.event(linked("after"))
    until(lambda: here.amounts() == {"after": 1}, "the next message to be applied")
    assert dead(here.database) == []


def test_a_command_that_raises_is_answered_and_parked_not_tried_again(here: Room, stranger: Stranger):
    here.start()
    answer = stranger.ask(fill("red", 1, "fail"), key="k")
    assert answer["error"]["code"] == "failed"
    until(lambda: dead(here.database), "the dead letter")
    (letter,) = dead(here.database, COMMANDS)
    assert errors(letter) == ["RuntimeError: the box fell down"]
    assert here.amounts() == {}


def test_correlation_too_long_for_amqp_stops_nothing(here: Room, stranger: Stranger):
    here.start()
    answer = stranger.ask(fill("red"), application_headers={"correlationid": "善" * 300})
    assert "ok" in answer
    until(lambda: here.outbox() == 0, "the event to be published")
