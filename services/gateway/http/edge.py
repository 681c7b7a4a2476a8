"""The outermost layer: correlation, trace, language, metrics, access log, and the answer to unhandled errors."""

from collections.abc import Mapping
from time import monotonic
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.http.access_log import AccessLog
from services.gateway.http.body_budget import give_back
from services.gateway.http.language import language_headers, speaking, wanted
from services.gateway.http.problems import Problem, respond
from services.gateway.http.standing_headers import find_deprecation, write_rate
from services.gateway.tracing import Tracer
from shared.contracts.traceparent import Traceparent, read
from shared.runtime.logging import bind_message, clear_message, describe, get_logger, where
from shared.words import Language, Wording

_REQUESTS: Final = Counter("lianshan_http_requests", "Requests answered.", ("method", "path", "status"))
_SECONDS: Final = Histogram(
    "lianshan_http_seconds",
    "Seconds until a request was answered; streams are not counted.",
    ("method", "path"),
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
_OPEN: Final = Gauge("lianshan_http_open", "Requests being answered.")
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_TRACED: Final = ("/v1/", "/public/")
_PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_STREAM: Final = "/stream"
"""Probes come every few seconds, and a stream lasts for hours: neither is worth a span."""


class Edge:
    """ASGI middleware, pure: it neither reads nor holds bodies."""

    def __init__(
        self, app: ASGIApp, tracer: Tracer, access: AccessLog, wordings: Mapping[Language, Wording], default: Language
    ) -> None:
        self._app = app
        self._tracer = tracer
        self._access = access
        self._wordings = wordings
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # Bound before anything can fail, so that each log line and each problem names its correlation.
        path = scope["path"]
        worth_it = path.startswith(_TRACED) and not path.endswith(_STREAM)
        request = self._tracer.request(_read_traceparent(scope), worth_it=worth_it)
        correlation, traceparent = request.place.trace_id, str(request.place)
        scope.setdefault("state", {}).update(traceparent=traceparent, correlation=correlation)
        bind_message(correlation, traceparent=traceparent)
        language = wanted(scope, self._default)
        began, status = monotonic(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_reference_headers(scope["state"])]
                # A page for people may have been asked for in the other language by its address.
                message["headers"] += language_headers(scope["state"].get("language", language))
                message["headers"] += _standing_headers(scope)
            await send(message)

        _OPEN.inc()
        try:
            with speaking(self._wordings[language]):
                await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the caller gets a problem and no stack trace
            get_logger().error("request_failed", path=_template(scope), error=describe(error), where=where(error))
            # A response that has begun cannot become a problem any more.
            if not status:
                with speaking(self._wordings[language]):
                    answer = respond(Problem(500, "failed", "failed_here"), scope["path"])
                await answer(scope, receive, send_with_headers)
        finally:
            _OPEN.dec()
            await give_back(scope["state"])
            took = monotonic() - began
            _count(scope, status, took)
            if path not in _PROBES:
                self._access.add(scope, _template(scope), status, took)
            request.end(_method(scope), _template(scope), status)
            clear_message()


def _read_traceparent(scope: Scope) -> Traceparent | None:
    """The caller's traceparent; None without one, and with several, which contradict each other."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"]
    return read(given[0]) if len(given) == 1 else None


def _reference_headers(state: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """The headers that a caller may refer to later: correlation and Idempotency-Key."""
    names = [(b"x-correlation-id", state["correlation"].encode())]
    key = state.get("idempotency_key")
    return names if key is None else [*names, (b"idempotency-key", key.encode("latin-1"))]


def _standing_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The rate of the key, where the request had one that is known, and the end of the operation, where it has one."""
    rate = scope["state"].get("rate")
    headers = [] if rate is None else write_rate(rate)
    deprecation = find_deprecation(getattr(scope.get("route"), "endpoint", None))
    return headers if deprecation is None else [*headers, *deprecation.headers()]


def _template(scope: Scope) -> str:
    """The path as it is documented: with ids each request would make a label of its own."""
    return str(getattr(scope.get("route"), "path", "unknown"))


def _method(scope: Scope) -> str:
    # Invented methods would make labels without bound.
    return scope["method"] if scope["method"] in _METHODS else "other"


def _count(scope: Scope, status: int, seconds: float) -> None:
    method, path = _method(scope), _template(scope)
    _REQUESTS.labels(method, path, str(status)).inc()
    if not path.endswith(_STREAM):
        _SECONDS.labels(method, path).observe(seconds)
