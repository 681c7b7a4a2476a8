"""The span of each decided message, and the context that it passes on to those it causes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from engine_boxes import Fill, build, delivery, event
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.contracts.refusals import Refused
from shared.contracts.traceparent import Traceparent, read
from shared.engine.amqp.decoding import Received
from shared.engine.decide.batch import Decisions, Outcome, decide
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.memory import START, MemoryEngine
from shared.engine.decide.unit_of_work import IdentityMap
from shared.engine.observe.tracing import NO_TRACER, SpanTracer, Stages, Tracer
from shared.runtime.otlp import Spans

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GIVEN = f"00-{TRACE}-{CALLER}-01"
STAGES = Stages(0.001, 0.002, 0.003, 0.004)
LATER = START + timedelta(milliseconds=40)


class Followed:
    """A tracer whose spans stay here."""

    def __init__(self, sample: float = 1.0) -> None:
        self._exporter = InMemorySpanExporter()
        self.tracer = SpanTracer(Spans(self._exporter, "boxes", sample))

    def spans(self) -> Sequence[ReadableSpan]:
        self.tracer.stop()
        return self._exporter.get_finished_spans()


@pytest.fixture
def followed() -> Iterator[Followed]:
    made = Followed()
    yield made
    made.tracer.stop()


def command(key: str = "one", traceparent: str = GIVEN, **fields: Any) -> Received:
    data = Fill(box_id="red", **fields)
    return Received(
        Incoming("command", key, key, "Fill", data, START, "c", traceparent), delivery(b"", "boxes.commands")
    )


def decided(tracer: Tracer, *work: Received) -> Decisions:
    """As the processor does it."""
    tracer.begin(work, LATER)
    engine = MemoryEngine(build())
    pairs = [(w.message, found) for w in work if (found := engine.handlers.find("command", "Fill"))]
    made = decide(pairs, engine.fetch, LATER)
    outcomes = {o.message.key: o for o in made.outcomes}
    for received in work:
        if (failure := outcomes[received.message.key].failure) is not None:
            tracer.fail(received, failure)
    done = [w for w in work if outcomes[w.message.key].failure is None]
    tracer.end(done, outcomes, made.events, STAGES)
    return made


def test_each_message_has_a_span_beneath_its_cause_and_its_events_tell_of_that_span(followed: Followed) -> None:
    said = decided(followed.tracer, command("one"), command("two")).events
    spans = {span.attributes["messaging.message.id"]: span for span in followed.spans() if span.attributes}
    places = [read(event.traceparent) for event in said]
    assert [p.trace_id for p in places if p] == [TRACE, TRACE]
    for place, span in zip(places, (spans["one"], spans["two"]), strict=True):
        assert place is not None
        assert span.parent is not None
        assert (f"{span.context.span_id:016x}", f"{span.parent.span_id:016x}") == (place.span_id, CALLER)
    assert spans["one"].context.span_id != spans["two"].context.span_id


def test_the_span_tells_types_counts_and_times(followed: Followed) -> None:
    decided(followed.tracer, command())
    (span,) = followed.spans()
    assert dict(span.attributes or {}) == {
        "messaging.system": "rabbitmq", "messaging.operation.type": "process",
        "messaging.destination.name": "boxes.commands", "messaging.message.id": "one",
        "messaging.batch.message_count": 1, "lianshan.realm": "command", "lianshan.type": "Fill",
        "lianshan.waited_ms": 40.0, "lianshan.load_ms": 1.0, "lianshan.decide_ms": 2.0, "lianshan.commit_ms": 3.0,
        "lianshan.publish_ms": 4.0, "lianshan.outcome": "done", "lianshan.events": 1,
        "lianshan.said": ("boxes.box.filled",), "lianshan.subject": "red",
    }  # fmt: skip


def test_a_refusal_is_no_failure_and_a_failure_says_nothing_of_its_words(followed: Followed) -> None:
    decided(followed.tracer, command("one", then="refused"), command("two", then="failed"))
    told = {span.attributes["messaging.message.id"]: span for span in followed.spans() if span.attributes}
    assert (told["one"].status.is_ok, told["two"].status.is_ok) == (True, False)
    assert (told["one"].attributes or {})["lianshan.refusal"] == "wrong_state"
    assert (told["two"].attributes or {})["error.type"] == "RuntimeError"
    assert "fell down" not in told["two"].to_json()


def test_a_trace_that_is_not_recorded_is_passed_on_as_it_came(followed: Followed) -> None:
    unsampled = str(Traceparent(TRACE, CALLER, sampled=False))
    (said,) = decided(followed.tracer, command(traceparent=unsampled)).events
    assert said.traceparent == unsampled
    assert not followed.spans()


def test_a_malformed_trace_is_replaced(followed: Followed) -> None:
    (said,) = decided(followed.tracer, command(traceparent="Lin Mei")).events
    (span,) = followed.spans()
    assert span.parent is None
    assert (place := read(said.traceparent)) is not None
    assert place.trace_id == f"{span.context.trace_id:032x}"


def test_a_reminder_begins_a_trace_that_is_linked_to_who_set_it(followed: Followed) -> None:
    row = {"_id": "red", "due": START}
    received = Received(
        Incoming("timer", "timer:red", "timer:red", "boxes.box_remembered", None, START, "c", GIVEN), row=row
    )
    followed.tracer.begin([received], LATER)
    followed.tracer.end([received], {}, [], STAGES)
    (span,) = followed.spans()
    assert span.parent is None
    assert [f"{link.context.trace_id:032x}" for link in span.links] == [TRACE]
    assert f"{span.context.trace_id:032x}" != TRACE
    assert (span.attributes or {})["lianshan.outcome"] == "ignored"


def test_a_stranger_cannot_put_words_about_people_into_spans(followed: Followed) -> None:
    strange = event("Lin Mei 13800000000", id="Lin Mei", subject="Lin Mei of Elm Lane")
    message = Incoming("event", strange.key, strange.key, strange.type, None, START, "c", GIVEN, event=strange)
    received = Received(message, delivery(b""))
    followed.tracer.begin([received], LATER)
    followed.tracer.end(
        [received],
        {received.message.key: Outcome(received.message, refusal=Refused("invalid", "closed_box", name="Lin"))},
        [],
        STAGES,
    )
    (span,) = followed.spans()
    assert "Lin" not in span.to_json()
    assert span.name == "decide unknown"


def test_where_nobody_listens_messages_stay_as_they_came() -> None:
    received = command()
    before = replace(received.message)
    NO_TRACER.begin([received], LATER)
    NO_TRACER.end([received], {}, Decisions(IdentityMap()).events, STAGES)
    assert received.message == before
