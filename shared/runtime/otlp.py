"""Spans to a collector, over OTLP in protobuf on HTTP. Imported only where a collector is named.

Whatever the collector does, the service goes on: spans wait in a bounded queue, a thread of its own (a green one in
nameko's processes) sends them with a timeout, and what cannot be sent is forgotten.
OTEL_EXPORTER_OTLP_HEADERS, …_CERTIFICATE and OTEL_RESOURCE_ATTRIBUTES are read by the SDK itself.
"""

import logging
import os
import re
import socket
import sys
import threading
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final
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
"""Spans that may wait; beyond it the oldest are forgotten."""
BATCH: Final = 512
DELAY_SECONDS: Final = 1.0
SEND_SECONDS: Final = 5.0
"""How long one batch may take, repetitions included."""
STOP_SECONDS: Final = 2.0
"""How long a service that stops waits for what it has not sent yet."""
GIVE_UP_SECONDS: Final = 0.5
"""How long it then waits for the exporter to notice."""
LOOKUP_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02
_TRACES: Final = "/v1/traces"
_LONGEST: Final = 200
_LONGEST_WORDS: Final = 300
_WORDS: Final = re.compile(rf"[A-Za-z0-9_.:#/@+-]{{1,{_LONGEST}}}")

Attributes = dict[str, str | int | float]


def plain(text: str) -> str:
    """An id or a type as an attribute: what does not look like one may be words about a person and is left out."""
    return text if _WORDS.fullmatch(text) else ""


class Spans:
    """The spans of one process."""

    def __init__(self, exporter: SpanExporter, service: str, sample: float) -> None:
        host = socket.gethostname()
        named = {"service.name": service, "service.namespace": "lianshan"}
        self._exporter = exporter
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample)),
            resource=Resource.create({**named, "service.instance.id": f"{host}-{os.getpid()}"}),
            shutdown_on_exit=False,
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
        """Begin a span beneath `parent`, or a new trace that names its `cause`; sampled as the parent is."""
        context = None if parent is None else set_span_in_context(NonRecordingSpan(_place(parent)))
        links = () if cause is None else (Link(_place(cause)),)
        return self._tracer.start_span(name, context, kind, links=links)

    def stop(self) -> None:
        """Send what is left, for STOP_SECONDS, then let the rest go."""
        sending = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(STOP_SECONDS)
        self._exporter.shutdown()
        sending.join(GIVE_UP_SECONDS)


def place_of(span: Span) -> Traceparent:
    """What to tell those whom this span causes."""
    found = span.get_span_context()
    return Traceparent(f"{found.trace_id:032x}", f"{found.span_id:016x}", found.trace_flags.sampled)


def _place(told: Traceparent) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if told.sampled else TraceFlags.DEFAULT)
    return SpanContext(int(told.trace_id, 16), int(told.span_id, 16), is_remote=True, trace_flags=flags)


class _First(logging.Handler):
    """Keeps the first that the exporter says of a batch: the cause. It would tell each try of each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.words = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.words = self.words or record.getMessage()[:_LONGEST_WORDS]


class Sender(SpanExporter):
    """The OTLP exporter, told in two log lines: that spans are being lost and why, and that they are no more."""

    def __init__(self, endpoint: str) -> None:
        address = endpoint.rstrip("/")
        self._exporter = OTLPSpanExporter(
            endpoint=address if address.endswith(_TRACES) else address + _TRACES, timeout=SEND_SECONDS
        )
        self._host = urlsplit(endpoint).hostname or ""
        self._losing = False
        self._said = _First()
        told = logging.getLogger(OTLPSpanExporter.__module__)
        told.setLevel(logging.WARNING)
        told.handlers, told.propagate = [self._said], False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them, or lose them."""
        self._said.words = ""
        if _known(self._host):
            result = self._exporter.export(spans)
        else:
            result, self._said.words = SpanExportResult.FAILURE, "its name cannot be looked up"
        lost = result is not SpanExportResult.SUCCESS
        if lost and not self._losing:
            get_logger().warning("spans_lost", collector=self._host, reason=self._said.words)
        elif self._losing and not lost:
            get_logger().info("spans_sent_again", collector=self._host)
        self._losing = lost
        return result

    def shutdown(self) -> None:
        """Give up what is being sent."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


def _known(host: str) -> bool:
    """Whether the host's name can be looked up.

    Asked before the exporter does, because a green thread that looks a name up stops its whole process until the name
    server answers, or for many seconds where it does not. A true thread may wait.
    """
    patcher = sys.modules.get("eventlet.patcher")
    if patcher is None or not patcher.is_monkey_patched("socket"):
        return True
    found: list[bool] = []
    start: Any = patcher.original("_thread").start_new_thread
    start(_look_up, (patcher.original("socket").getaddrinfo, host, found))
    end = monotonic() + LOOKUP_SECONDS
    while not found and monotonic() < end:
        sys.modules["eventlet"].sleep(_POLL_SECONDS)
    return found == [True]


def _look_up(getaddrinfo: Any, host: str, found: list[bool]) -> None:
    try:
        getaddrinfo(host, None)
    except (OSError, UnicodeError):
        found.append(False)
    else:
        found.append(True)
