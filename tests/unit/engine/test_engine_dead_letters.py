"""What fails comes again later and later, and at last lies with its whole history among the dead letters."""

import json
from datetime import timedelta

import pytest
from engine_boxes import delivery

from shared.engine.amqp import dead_letters
from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.amqp.topology import RETRY_DELAYS
from shared.engine.decide.memory import START


def as_it_comes_back(moved: Outgoing, queue: str = "stations.events") -> Delivery:
    return Delivery(queue, 9, moved.body, moved.properties, moved.routing_key, redelivered=False)


def failed(times: int) -> Outgoing:
    arrived = delivery(b"body", content_type="text/x", message_id="m1", application_headers={"traceparent": "t"})
    for n in range(times):
        moved = dead_letters.build_retry(arrived, f"failure {n}", START + timedelta(seconds=n))
        arrived = as_it_comes_back(moved)
    return moved


def test_each_try_waits_longer_than_the_one_before():
    assert list(RETRY_DELAYS) == sorted(set(RETRY_DELAYS))
    queues = [failed(n + 1).routing_key for n in range(len(RETRY_DELAYS))]
    assert queues == [f"stations.events.retry.{delay}s" for delay in RETRY_DELAYS]


def test_after_the_last_try_it_is_a_dead_letter():
    last = failed(len(RETRY_DELAYS) + 1)
    assert last.routing_key == "stations.events.dead"
    assert dead_letters.is_dead(last)
    assert not dead_letters.is_dead(failed(1))


def test_the_history_names_every_try_with_its_time_and_error():
    history = dead_letters.read_history(as_it_comes_back(failed(3)))
    assert [entry["error"] for entry in history] == ["failure 0", "failure 1", "failure 2"]
    assert [entry["at"] for entry in history] == [(START + timedelta(seconds=n)).isoformat() for n in range(3)]


def test_body_and_properties_stay_as_they_came():
    moved = failed(2)
    assert moved.body == b"body"
    assert (moved.properties["content_type"], moved.properties["message_id"]) == ("text/x", "m1")
    assert moved.properties["application_headers"]["traceparent"] == "t"
    assert moved.properties["application_headers"]["x-lianshan-routing-key"] == "some.key"
    assert moved.properties["delivery_mode"] == 2


def test_a_strangers_message_without_an_id_can_be_told_apart_from_another():
    one = dead_letters.build_dead_letter(delivery(b"", queue="q"), "why", START).properties["message_id"]
    two = dead_letters.build_dead_letter(Delivery("q", 2, b"", {}, "k", redelivered=False), "why", START).properties[
        "message_id"
    ]
    assert one != two


@pytest.mark.parametrize("header", ["not json", "{}", "7", 7, None, b"[]", '["text", 3]'])
def test_a_history_that_was_tampered_with_counts_as_none(header: object):
    arrived = delivery(b"", application_headers={dead_letters.HISTORY: header})
    assert dead_letters.read_history(arrived) == []
    assert dead_letters.build_retry(arrived, "why", START).routing_key == "stations.events.retry.1s"


def test_a_long_reason_is_cut_short():
    moved = dead_letters.build_dead_letter(delivery(b""), "x" * 10_000, START)
    assert len(moved.properties["application_headers"][dead_letters.HISTORY]) < 1000


def test_a_dead_timer_says_what_it_was():
    row = {"_id": "red", "type": "boxes.box_remembered", "data": {"box_id": "red"}}
    moved = dead_letters.build_dead_timer("boxes.events", row, "why", START)
    assert moved.routing_key == "boxes.events.dead"
    assert json.loads(moved.body) == {"timer": "red", "type": "boxes.box_remembered", "data": {"box_id": "red"}}
    assert moved.properties["application_headers"]["x-lianshan-timer"] == "red"
