"""A span for each message that a service decides. The processor calls a tracer once a batch, not once a message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from shared.contracts.traceparent import Traceparent, read
from shared.engine.decide.batch import Outcome
from shared.runtime.settings import ServiceSettings
from shared.runtime.tracing import open_spans

if TYPE_CHECKING:
    from opentelemetry.trace import Span

    from shared.contracts.envelope import CloudEvent
    from shared.engine.run.item import Item
    from shared.runtime.otlp import Spans


@dataclass(frozen=True, slots=True)
class Stages:
    """The seconds that a batch spent in each stage of its last attempt."""

    load: float
    decide: float
    commit: float
    publish: float


class Tracer(Protocol):
    """Follows what a service decides."""

    def begin(self, work: "Sequence[Item]", now: datetime) -> None:
        """A batch is about to be decided: what it says from now on is said from spans of its own."""

    def end(
        self, done: "Sequence[Item]", outcomes: Mapping[str, Outcome], said: "Sequence[CloudEvent]", stages: Stages
    ) -> None:
        """A batch is committed, and what it said is published."""

    def fail(self, item: "Item", failure: Exception) -> None:
        """A message failed alone."""

    def stop(self) -> None:
        """Nothing more comes."""


class NoTracer:
    """Where nobody listens. Messages keep the trace they came with."""

    def begin(self, work: "Sequence[Item]", now: datetime) -> None: ...

    def end(
        self, done: "Sequence[Item]", outcomes: Mapping[str, Outcome], said: "Sequence[CloudEvent]", stages: Stages
    ) -> None: ...

    def fail(self, item: "Item", failure: Exception) -> None: ...

    def stop(self) -> None: ...


NO_TRACER: Final = NoTracer()


def open_tracer(settings: ServiceSettings, service: str) -> Tracer:
    """The tracer that the settings ask for."""
    spans = open_spans(settings, service)
    return NO_TRACER if spans is None else SpanTracer(spans)


class SpanTracer:
    """One span a message: beneath its cause, and for a timer in a trace of its own that is linked to who set it.

    A reminder may come weeks later and set itself again and again: no trace could hold that.
    """

    def __init__(self, spans: "Spans") -> None:
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - only where there are spans

        from shared.runtime.otlp import place_of, plain  # noqa: PLC0415

        self._spans = spans
        self._kind, self._error = SpanKind.CONSUMER, StatusCode.ERROR
        self._place_of: Callable[[Span], Traceparent] = place_of
        self._plain: Callable[[str], str] = plain
        self._open: dict[str, Span] = {}

    def begin(self, work: "Sequence[Item]", now: datetime) -> None:
        self._open.clear()  # what was left open was decided by somebody else
        for item in work:
            place = read(item.message.traceparent)
            if place is not None and not place.sampled and item.message.realm != "timer":
                continue
            span = self._begin(item, place)
            item.message = replace(item.message, traceparent=str(self._place_of(span)))
            if span.is_recording():
                self._open[item.message.key] = span
                self._describe(span, item, now)

    def end(
        self, done: "Sequence[Item]", outcomes: Mapping[str, Outcome], said: "Sequence[CloudEvent]", stages: Stages
    ) -> None:
        if not self._open:
            return
        spoken: dict[str, list[CloudEvent]] = {}
        for event in said:
            spoken.setdefault(event.traceparent, []).append(event)
        timings = _timings(stages, len(done))
        for item in done:
            span = self._open.pop(item.message.key, None)
            if span is not None:
                span.set_attributes(timings)
                self._conclude(span, item, outcomes.get(item.message.key), spoken)

    def fail(self, item: "Item", failure: Exception) -> None:
        span = self._open.pop(item.message.key, None)
        if span is not None:
            span.set_attributes({"lianshan.outcome": "failed", "error.type": type(failure).__qualname__})
            span.set_status(self._error)
            span.end()

    def stop(self) -> None:
        self._spans.stop()

    def _begin(self, item: "Item", place: Traceparent | None) -> "Span":
        name = f"decide {self._plain(item.message.type) or 'unknown'}"
        if item.message.realm == "timer":
            return self._spans.start(name, self._kind, None, cause=place)
        return self._spans.start(name, self._kind, place)

    def _describe(self, span: "Span", item: "Item", now: datetime) -> None:
        message, plain = item.message, self._plain
        span.set_attributes(
            {
                "messaging.system": "rabbitmq",
                "messaging.operation.type": "process",
                "messaging.destination.name": "timers" if item.delivery is None else item.delivery.queue,
                "messaging.message.id": plain(message.id),
                "lianshan.realm": message.realm,
                "lianshan.type": plain(message.type),
                "lianshan.waited_ms": round((now - message.time).total_seconds() * 1000, 3),
            }
        )
        if message.event is not None:
            span.set_attribute("lianshan.subject", plain(message.event.subject))

    def _conclude(
        self, span: "Span", item: "Item", outcome: Outcome | None, spoken: "Mapping[str, list[CloudEvent]]"
    ) -> None:
        said = spoken.get(item.message.traceparent, [])
        span.set_attribute("lianshan.outcome", _word(outcome))
        if outcome is not None and outcome.refusal is not None:
            span.set_attribute("lianshan.refusal", outcome.refusal.code)
        span.set_attribute("lianshan.events", len(said))
        if said:
            span.set_attribute("lianshan.said", [event.type for event in said])
        if said and item.message.event is None:
            span.set_attribute("lianshan.subject", said[0].subject)
        span.end()


def _word(outcome: Outcome | None) -> str:
    if outcome is None:
        return "ignored"
    return "done" if outcome.refusal is None else "refused"


def _timings(stages: Stages, messages: int) -> dict[str, float | int]:
    """Of the whole batch: its messages are loaded, committed and published together."""
    return {
        "messaging.batch.message_count": messages,
        "lianshan.load_ms": round(stages.load * 1000, 3),
        "lianshan.decide_ms": round(stages.decide * 1000, 3),
        "lianshan.commit_ms": round(stages.commit * 1000, 3),
        "lianshan.publish_ms": round(stages.publish * 1000, 3),
    }
