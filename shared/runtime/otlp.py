"""Spans to a collector by OTLP, in protobuf over HTTP. Imported only where a collector is named.

The collector cannot hold up the service: spans wait in a bounded queue, a thread of its own (a green one in nameko's
processes) sends them with a timeout, and those that cannot be sent are dropped. The SDK itself reads
OTEL_EXPORTER_OTLP_HEADERS, …_CERTIFICATE and OTEL_RESOURCE_ATTRIBUTES.
https://opentelemetry.io/docs/specs/otlp/
"""

import logging
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final, Protocol
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanContext, SpanKind, TraceFlags, set_span_in_context

from shared.contracts.traceparent import Traceparent
from shared.runtime.logging import get_logger

QUEUE: Final = 4096
"""Spans that may wait; beyond it the oldest are dropped."""
BATCH: Final = 512
"""Spans in one request."""
DELAY_SECONDS: Final = 1.0
"""How long a span waits for others to be sent with."""
SEND_SECONDS: Final = 5.0
"""How long one batch may take, repetitions included."""
STOP_SECONDS: Final = 2.0
"""How long a service that stops waits for its last spans to be sent."""
GIVE_UP_SECONDS: Final = 0.5
"""How long it then waits for the exporter to end."""
LOOKUP_SECONDS: Final = 5.0
"""How long a look-up of the collector's name may take."""
_POLL_SECONDS: Final = 0.02
_TRACES: Final = "/v1/traces"
_LONGEST: Final = 200
"""Characters of an attribute."""
_LONGEST_WORDS: Final = 300
"""Characters of the exporter's text that are logged."""
_WORDS: Final = re.compile(rf"[A-Za-z0-9_.:#/@+-]{{1,{_LONGEST}}}")

Attributes = dict[str, str | int | float]


def plain(text: str) -> str:
    """Return an id or a type as an attribute; empty for any other text, which may be about a person."""
    return text if _WORDS.fullmatch(text) else ""


class Spans:
    """Records the spans of one process. `sample` is the share of traces, from 0 to 1, that is recorded."""

    def __init__(self, exporter: SpanExporter, service: str, sample: float) -> None:
        host = socket.gethostname()
        named = {"service.name": service, "service.namespace": "lianshan"}
        self._exporter = exporter
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample)),
            resource=Resource.create({**named, "service.instance.id": f"{host}-{os.getpid()}"}),
            shutdown_on_exit=False,  # `stop` does it, with a limit
        )
        queue = BatchSpanProcessor(
            exporter,
            max_queue_size=QUEUE,
            max_export_batch_size=BATCH,
            schedule_delay_millis=DELAY_SECONDS * 1000,
        )
        self._provider.add_span_processor(queue)
        self._tracer = self._provider.get_tracer("lianshan")

    def start(self, name: str, kind: SpanKind, parent: Traceparent | None, cause: Traceparent | None = None) -> Span:
        """Begin a span beneath `parent` and sampled as it is, or in a new trace that is linked to its `cause`."""
        context = None if parent is None else set_span_in_context(NonRecordingSpan(_to_context(parent)))
        links = () if cause is None else (Link(_to_context(cause)),)
        return self._tracer.start_span(name, context, kind, links=links)

    def stop(self) -> None:
        """Send the waiting spans for at most STOP_SECONDS, then drop the rest."""
        sending = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(STOP_SECONDS)
        self._exporter.shutdown()
        sending.join(GIVE_UP_SECONDS)


def place_of(span: Span) -> Traceparent:
    """Return the place of a span, for the messages that it causes."""
    found = span.get_span_context()
    return Traceparent(f"{found.trace_id:032x}", f"{found.span_id:016x}", found.trace_flags.sampled)


def _to_context(place: Traceparent) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if place.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(place.trace_id, 16), int(place.span_id, 16), is_remote=True, trace_flags=flags)


class _FirstMessage(logging.Handler):
    """Keeps the exporter's first log message about a batch, which is the cause; later ones repeat it for each try."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = self.text or record.getMessage()[:_LONGEST_WORDS]


class Sender(SpanExporter):
    """The OTLP exporter, with two log lines for a whole outage: spans are lost and why, and spans are sent again."""

    def __init__(self, endpoint: str) -> None:
        address = endpoint.rstrip("/")
        self._exporter = OTLPSpanExporter(
            endpoint=address if address.endswith(_TRACES) else address + _TRACES, timeout=SEND_SECONDS
        )
        self._host = urlsplit(endpoint).hostname or ""
        self._losing = False
        self._first = _FirstMessage()
        logger = logging.getLogger(OTLPSpanExporter.__module__)
        logger.setLevel(logging.WARNING)
        logger.handlers, logger.propagate = [self._first], False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans, or drop them; log the first loss and the first success after it."""
        self._first.text = ""
        # One loss is logged, then silence until the first success: an outage of a collector is not the service's.
        if _resolves(self._host):
            result = self._exporter.export(spans)
        else:
            result, self._first.text = SpanExportResult.FAILURE, "its name cannot be looked up"
        lost = result is not SpanExportResult.SUCCESS
        if lost and not self._losing:
            get_logger().warning("spans_lost", collector=self._host, reason=self._first.text)
        elif self._losing and not lost:
            get_logger().info("spans_sent_again", collector=self._host)
        self._losing = lost
        return result

    def shutdown(self) -> None:
        """Abandon the request under way."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class StartThread(Protocol):
    """`_thread.start_new_thread`, as it was before eventlet replaced it."""

    def __call__(self, function: Callable[..., object], arguments: tuple[object, ...], /) -> object: ...


def _resolves(host: str) -> bool:
    """Return whether the host's name can be resolved.

    Asked before the exporter does: a green thread that resolves a name stops its whole process until the name server
    answers, which may take many seconds. A true thread may wait.
    """
    patcher = sys.modules.get("eventlet.patcher")
    if patcher is None or not patcher.is_monkey_patched("socket"):
        return True
    found: list[bool] = []
    start: StartThread = patcher.original("_thread").start_new_thread
    start(_look_up, (patcher.original("socket").getaddrinfo, host, found))
    end = monotonic() + LOOKUP_SECONDS
    while not found and monotonic() < end:
        sys.modules["eventlet"].sleep(_POLL_SECONDS)
    return found == [True]


def _look_up(getaddrinfo: Callable[[str, None], object], host: str, found: list[bool]) -> None:
    try:
        getaddrinfo(host, None)
    except (OSError, UnicodeError):
        found.append(False)
    else:
        found.append(True)
