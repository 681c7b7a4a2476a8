"""Spans of the HTTP API: one a request, and one for each command or question that it sends to a service."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

from services.gateway.settings import GatewaySettings
from shared.contracts import Refused
from shared.contracts.traceparent import Traceparent, fresh
from shared.runtime.tracing import open_spans

if TYPE_CHECKING:
    from shared.runtime.otlp import Spans

SERVER_ERROR: Final = 500
_HERE: ContextVar[Traceparent | None] = ContextVar("traceparent", default=None)
"""The place of the request that this task answers."""


class Request(Protocol):
    """A request that is being answered; `place` is its place in the trace, passed on in the commands it causes."""

    @property
    def place(self) -> Traceparent: ...

    def end(self, method: str, path: str, status: int) -> None:
        """Record the answer; `path` is the template, because a path with ids would be a name of its own each time."""


class Tracer(Protocol):
    """Follows requests through the gateway."""

    def request(self, given: Traceparent | None, *, worth_it: bool) -> Request:
        """Begin a request, beneath the caller's span where one is given; `worth_it` asks for a span of its own."""

    def ask(self, service: str, kind: str) -> AbstractContextManager[Traceparent | None]:
        """Follow a command or question to a service; give the place to pass on, None outside a request."""

    def stop(self) -> None:
        """Send the spans that are left, waiting until they are sent."""


def open_tracer(settings: GatewaySettings) -> Tracer:
    """Return the tracer that the settings ask for."""
    spans = open_spans(settings, "gateway")
    return NoTracer() if spans is None else SpanTracer(spans)


class _Passed:
    """A request without a span: its trace is passed on as it came, or begun for services that trace."""

    def __init__(self, given: Traceparent | None) -> None:
        self.place = given or fresh()
        _HERE.set(self.place)

    def end(self, method: str, path: str, status: int) -> None: ...


class NoTracer:
    """Passes traces on and records nothing: for a gateway without a collector."""

    def request(self, given: Traceparent | None, *, worth_it: bool) -> Request:  # noqa: ARG002 - none is
        return _Passed(given)

    def ask(self, service: str, kind: str) -> AbstractContextManager[Traceparent | None]:  # noqa: ARG002 - no span
        return nullcontext(_HERE.get())

    def stop(self) -> None: ...


class SpanTracer:
    """Records spans and sends them to the collector."""

    def __init__(self, spans: "Spans") -> None:
        self._spans = spans

    def request(self, given: Traceparent | None, *, worth_it: bool) -> Request:
        return _Spanned(self._spans, given) if worth_it else _Passed(given)

    @contextmanager
    def ask(self, service: str, kind: str) -> Iterator[Traceparent | None]:
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - only where there are spans

        from shared.runtime.otlp import place_of  # noqa: PLC0415

        here = _HERE.get()
        # Sampling is decided once, at the beginning of a trace: parts of an unsampled one would be noise.
        if here is None or not here.sampled:
            yield here
            return
        span = self._spans.start(f"ask {service} {kind}", SpanKind.CLIENT, here)
        span.set_attributes({"messaging.system": "rabbitmq", "lianshan.asked": service, "lianshan.type": kind})
        try:
            yield place_of(span)
        except Refused as refusal:
            span.set_attribute("lianshan.refusal", refusal.code)
            raise
        except BaseException as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()

    def stop(self) -> None:
        self._spans.stop()


class _Spanned:
    """A request with a span of its own."""

    def __init__(self, spans: "Spans", given: Traceparent | None) -> None:
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - only where there are spans

        from shared.runtime.otlp import place_of  # noqa: PLC0415

        self._span = spans.start("HTTP", SpanKind.SERVER, given)
        self.place = place_of(self._span)
        _HERE.set(self.place)

    def end(self, method: str, path: str, status: int) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - only where there are spans

        self._span.update_name(f"{method} {path}")
        self._span.set_attributes(
            {"http.request.method": method, "http.route": path, "http.response.status_code": status}
        )
        if status >= SERVER_ERROR or not status:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()
