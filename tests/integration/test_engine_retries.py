"""What cannot be handled comes again later, and at last lies with its history where an operator finds it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from amqp_stranger import Stranger, fill, linked
from engine_support import Room, until

from shared.contracts.envelope import CONTENT_TYPE
from shared.engine.amqp import topology
from shared.engine.amqp.dead_letters import HISTORY
from shared.engine.store.outbox import to_outgoing, to_rows

pytestmark = pytest.mark.integration
EVENTS, DEAD = "stations.events", "stations.events.dead"
KEY = "charity.link.linked.11"


def history(message: Any) -> list[dict[str, str]]:
    return json.loads(message.properties["application_headers"][HISTORY])


def failed_before(times: int) -> dict[str, Any]:
    tries = [{"at": datetime.now(UTC).isoformat(), "error": f"failure {n}"} for n in range(times)]
    return {HISTORY: json.dumps(tries)}


def publish_failed(stranger: Stranger, times: int, box: str = "broken") -> None:
    outgoing = to_outgoing(to_rows([linked(box)])[0])
    headers = {"application_headers": failed_before(times)}
    stranger.raw(outgoing.body, EVENTS, exchange="", **(outgoing.properties | headers))


def test_what_failed_comes_again_after_its_delay_and_may_succeed_then(here: Room, stranger: Stranger):
    here.start()
    stranger.event(linked("broken"))
    waiting = until(lambda: stranger.depth("stations.events.retry.1s"), "the first retry")
    assert waiting == 1
    # The second try fails too, for real; then the next queue has it, with both failures in its history.
    until(lambda: stranger.depth("stations.events.retry.5s"), "the second retry")
    (message,) = stranger.take_all("stations.events.retry.5s")
    assert [entry["error"] for entry in history(message)] == ["RuntimeError: the box fell down"] * 2
    times = [datetime.fromisoformat(entry["at"]) for entry in history(message)]
    assert (times[1] - times[0]).total_seconds() >= topology.RETRY_DELAYS[0]


@pytest.mark.parametrize("times", range(1, len(topology.RETRY_DELAYS)))
def test_each_failure_waits_in_the_next_queue(here: Room, stranger: Stranger, times: int):
    here.start()
    publish_failed(stranger, times)
    queue = topology.retry_queue(EVENTS, topology.RETRY_DELAYS[times])
    until(lambda: stranger.depth(queue), f"the message in {queue}")
    (message,) = stranger.take_all(queue)
    assert len(history(message)) == times + 1


def test_after_the_last_try_it_lies_with_its_whole_history_and_its_body(here: Room, stranger: Stranger):
    here.start()
    publish_failed(stranger, len(topology.RETRY_DELAYS))
    until(lambda: stranger.depth(DEAD), "the dead letter")
    (message,) = stranger.take_all(DEAD)
    assert len(history(message)) == len(topology.RETRY_DELAYS) + 1
    assert history(message)[-1]["error"] == "RuntimeError: the box fell down"
    assert json.loads(bytes(message.body))["data"]["need_id"] == "broken"
    assert message.properties["type"] == "charity.link.linked"


def test_a_dead_letter_put_back_by_an_operator_is_handled(here: Room, stranger: Stranger):
    """It had failed, so the inbox does not know it."""
    here.start()
    publish_failed(stranger, len(topology.RETRY_DELAYS), box="broken")
    until(lambda: stranger.depth(DEAD), "the dead letter")
    (message,) = stranger.take_all(DEAD)
    body = bytes(message.body).replace(b"broken", b"mended")
    stranger.raw(body, EVENTS, exchange="", content_type=CONTENT_TYPE, message_id="m")
    until(lambda: here.amounts() == {"mended": 1}, "the mended message")


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
    until(lambda: stranger.depth(DEAD), "the dead letter")
    (message,) = stranger.take_all(DEAD)
    assert (bytes(message.body) if message.body else b"") == body
    assert history(message)[0]["error"]
    assert not here.loops[0].died_of


def test_a_routing_key_that_is_no_text_stops_nothing(here: Room, stranger: Stranger):
    here.start()
    stranger.raw(b"{}", "charity.link.\udcff".encode("utf-8", "surrogateescape"))  # type: ignore[arg-type]
    stranger.event(linked("after"))
    until(lambda: here.amounts() == {"after": 1}, "the next message to be applied")
    until(lambda: stranger.depth(DEAD), "the dead letter")


def test_an_event_of_a_type_that_nobody_knows_is_passed_over(here: Room, stranger: Stranger):
    here.start()
    stranger.event(linked("new").model_copy(update={"type": "charity.link.rethought", "id": "new.1"}))
    stranger.event(linked("after"))
    until(lambda: here.amounts() == {"after": 1}, "the next message to be applied")
    assert stranger.depth(DEAD) == 0


def test_a_command_that_raises_is_answered_and_parked_not_tried_again(here: Room, stranger: Stranger):
    here.start()
    answer = stranger.ask(fill("red", 1, "fail"), key="k")
    assert answer["error"]["code"] == "failed"
    until(lambda: stranger.depth("stations.commands.dead"), "the dead letter")
    (message,) = stranger.take_all("stations.commands.dead")
    assert history(message)[0]["error"] == "RuntimeError: the box fell down"
    assert here.amounts() == {}


def test_correlation_too_long_for_amqp_stops_nothing(here: Room, stranger: Stranger):
    here.start()
    answer = stranger.ask(fill("red"), application_headers={"correlationid": "善" * 300})
    assert "ok" in answer
    until(lambda: here.outbox() == 0, "the event to be published")
