"""The replies to commands: through the exchange that their callers' queues are bound to, and once for each sender."""

from types import SimpleNamespace
from typing import Any

import pytest
from engine_boxes import Fill, delivery
from metric_samples import read_sample

from shared.contracts.subscriptions import ANSWER_THERE, ANSWERS_EXCHANGE
from shared.engine.amqp.decoding import Received
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START
from shared.engine.run.answers import build_replies
from shared.engine.run.batch import Batch
from shared.engine.run.intake import Intake
from shared.runtime.metrics import EngineMetrics


@pytest.mark.parametrize(("headers", "exchange"), [({ANSWER_THERE: "1"}, ANSWERS_EXCHANGE), ({}, "")])
def test_a_reply_goes_through_the_exchange_that_the_caller_names(headers: dict[str, Any], exchange: str) -> None:
    came = delivery(b"", "boxes.commands", reply_to="answers.one", correlation_id="c1", application_headers=headers)
    (reply,) = build_replies([(came, b"{}")])
    assert (reply.exchange, reply.routing_key, reply.body) == (exchange, "answers.one", b"{}")
    assert reply.properties["correlation_id"] == "c1"


def test_nobody_is_answered_where_nobody_waits() -> None:
    assert build_replies([(delivery(b"", "boxes.commands"), b"{}")]) == []


def test_a_command_that_comes_twice_in_a_batch_is_decided_once_and_counted_as_repeated() -> None:
    intake = Intake(SimpleNamespace(name="boxes"), None, None)  # type: ignore[arg-type]
    reader: Any = SimpleNamespace(find_seen=lambda _: {})
    message: Incoming[object] = Incoming("command", "k", "k", "Fill", Fill(box_id="red"), START, "c", "")
    first, second = (Received(message, delivery(b"", "boxes.commands", reply_to="answers.one")) for _ in range(2))
    batch, counted = Batch(), {"service": "boxes", "type": "Fill", "outcome": "repeated"}
    before = read_sample("lianshan_messages_total", **counted) or 0
    fresh = intake.drop_seen([first, second], batch, reader, EngineMetrics("boxes", ["Fill"]))
    assert (fresh, batch.repeated) == ([first], [second.delivery])
    assert read_sample("lianshan_messages_total", **counted) == before + 1
