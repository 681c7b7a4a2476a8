"""A span for each message that a service decides. The processor calls a tracer once a batch, not once a message.

Attribute names with `messaging.` are OpenTelemetry's: https://opentelemetry.io/docs/specs/semconv/messaging/
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from shared.contracts.traceparent import Traceparent, read
from shared.engine.amqp.decoding import Received
from shared.engine.decide.batch import Outcome
from shared.runtime.settings import ServiceSettings
from shared.runtime.tracing import open_spans

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from shared.contracts.envelope import CloudEvent
    from shared.runtime.otlp import Spans


@dataclass(slots=True)
class Stages:
    """The seconds that a part of a batch has spent in each stage of its last try."""

    load: float = 0.0
    decide: float = 0.0
    commit: float = 0.0
    publish: float = 0.0


class Tracer(Protocol):
    """Records the processing of messages."""

    def begin(self, messages: Sequence[Received], now: datetime) -> None:
        """Begin a span for each message of a batch; events that it causes from now on belong to that span."""

    def end(
        self, done: Sequence[Received], outcomes: Mapping[str, Outcome], events: "Sequence[CloudEvent]", stages: Stages
    ) -> None:
        """End the spans of messages that are committed, and whose events are published."""

    def fail(self, received: Received, failure: Exception) -> None:
        """End the span of a message that failed alone."""

    def stop(self) -> None:
        """Send the last spans; no other call follows."""


class NoTracer:
    """Records nothing. Messages keep the trace they came with."""

    def begin(self, messages: Sequence[Received], now: datetime) -> None: ...

    def end(
        self, done: Sequence[Received], outcomes: Mapping[str, Outcome], events: "Sequence[CloudEvent]", stages: Stages
    ) -> None: ...

    def fail(self, received: Received, failure: Exception) -> None: ...

    def stop(self) -> None: ...


NO_TRACER: Final = NoTracer()


def open_tracer(settings: ServiceSettings, service: str) -> Tracer:
    """Return a tracer that sends spans to the collector of the settings; one that records nothing without any."""
    spans = open_spans(settings, service)
    return NO_TRACER if spans is None else SpanTracer(spans)


class SpanTracer:
    """Records one span a message: beneath its cause; for a timer in a trace of its own, linked to the one that set it.

    A timer may fire weeks later and set itself again and again: no trace could hold that.
    """

    def __init__(self, spans: "Spans") -> None:
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - only where there are spans

        from shared.runtime.otlp import place_of, plain  # noqa: PLC0415

        self._spans = spans
        self._kind, self._error = SpanKind.CONSUMER, StatusCode.ERROR
        self._place_of: Callable[[Span], Traceparent] = place_of
        self._plain: Callable[[str], str] = plain
        self._open: dict[str, Span] = {}

    def begin(self, messages: Sequence[Received], now: datetime) -> None:
        """Begin the spans, and have each message carry its own span as the cause of its events."""
        self._open.clear()  # a span left open is of a message that another replica has committed
        for received in messages:
            place = read(received.message.traceparent)
            # A trace that its caller does not record stays as it came; a timer begins one, sampled by its own chance.
            if place is not None and not place.sampled and received.message.realm != "timer":
                continue
            span = self._begin(received, place)
            received.message = replace(received.message, traceparent=str(self._place_of(span)))
            if span.is_recording():
                self._open[received.message.key] = span
                self._describe(span, received, now)

    def end(
        self, done: Sequence[Received], outcomes: Mapping[str, Outcome], events: "Sequence[CloudEvent]", stages: Stages
    ) -> None:
        """End the spans with the timings of their part, the outcomes, and the types of the events."""
        if not self._open:
            return
        # The span of an event's cause is known by the traceparent that the event carries.
        caused: dict[str, list[CloudEvent]] = {}
        for event in events:
            caused.setdefault(event.traceparent, []).append(event)
        timings = _timings(stages, len(done))
        for received in done:
            span = self._open.pop(received.message.key, None)
            if span is not None:
                span.set_attributes(timings)
                self._conclude(span, received, outcomes.get(received.message.key), caused)

    def fail(self, received: Received, failure: Exception) -> None:
        """End the span with the class of the failure, never its text."""
        span = self._open.pop(received.message.key, None)
        if span is not None:
            span.set_attributes({"lianshan.outcome": "failed", "error.type": type(failure).__qualname__})
            span.set_status(self._error)
            span.end()

    def stop(self) -> None:
        """Send the last spans, for at most two seconds."""
        self._spans.stop()

    def _begin(self, received: Received, place: Traceparent | None) -> "Span":
        name = f"decide {self._plain(received.message.type) or 'unknown'}"
        if received.message.realm == "timer":
            return self._spans.start(name, self._kind, None, cause=place)
        return self._spans.start(name, self._kind, place)

    def _describe(self, span: "Span", received: Received, now: datetime) -> None:
        message, plain = received.message, self._plain
        span.set_attributes(
            {
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "process",
                "messaging.destination.name": "timers" if received.delivery is None else received.delivery.queue,
                "messaging.message.id": plain(message.id),
                "lianshan.realm": message.realm,
                "lianshan.type": plain(message.type),
                "lianshan.waited_ms": round((now - message.time).total_seconds() * 1000, 3),
            }
        )
        if message.event is not None:
            span.set_attribute("lianshan.subject", plain(message.event.subject))

    def _conclude(
        self, span: "Span", received: Received, outcome: Outcome | None, caused: "Mapping[str, list[CloudEvent]]"
    ) -> None:
        events = caused.get(received.message.traceparent, [])
        span.set_attribute("lianshan.outcome", _outcome_word(outcome))
        if outcome is not None and outcome.refusal is not None:
            span.set_attribute("lianshan.refusal", outcome.refusal.code)
        span.set_attribute("lianshan.events", len(events))
        if events:
            span.set_attribute("lianshan.said", [event.type for event in events])
        if events and received.message.event is None:
            span.set_attribute("lianshan.subject", events[0].subject)
        span.end()


def _outcome_word(outcome: Outcome | None) -> str:
    if outcome is None:
        return "ignored"
    return "done" if outcome.refusal is None else "refused"


def _timings(stages: Stages, messages: int) -> dict[str, float | int]:
    """Return the timings of the whole part in milliseconds: its messages are loaded and committed together."""
    return {
        "messaging.batch.message_count": messages,
        "lianshan.load_ms": round(stages.load * 1000, 3),
        "lianshan.decide_ms": round(stages.decide * 1000, 3),
        "lianshan.commit_ms": round(stages.commit * 1000, 3),
        "lianshan.publish_ms": round(stages.publish * 1000, 3),
    }
