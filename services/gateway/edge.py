"""The outermost layer: correlation, trace, numbers, and the last word on errors nobody foresaw."""

from collections.abc import Mapping
from time import monotonic
from typing import Any, Final

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.problems import Problem, respond
from services.gateway.tracing import Tracer
from shared.contracts.traceparent import Traceparent, read
from shared.runtime.logging import bind_message, clear_message, describe, get_logger, where

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
_STREAM: Final = "/stream"
"""Probes ask all day long, and a stream lasts for hours: neither is worth a span."""


class Edge:
    """ASGI middleware, pure: it neither reads nor holds what passes."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        worth_it = path.startswith(_TRACED) and not path.endswith(_STREAM)
        request = self._tracer.request(_given(scope), worth_it=worth_it)
        correlation, traceparent = request.place.trace_id, str(request.place)
        scope.setdefault("state", {}).update(traceparent=traceparent, correlation=correlation)
        bind_message(correlation, traceparent=traceparent)
        began, status = monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_named(scope["state"])]
            await send(message)

        _OPEN.inc()
        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a problem and no stack trace
            get_logger().error("request_failed", path=_template(scope), error=describe(error), where=where(error))
            if not status:
                detail = "Something failed on our side: try again, and tell the operator if it stays."
                await respond(Problem(500, "failed", detail), scope["path"])(scope, receive, sending)
        finally:
            _OPEN.dec()
            _count(scope, status, monotonic() - began)
            request.end(_method(scope), _template(scope), status)
            clear_message()


def _given(scope: Scope) -> Traceparent | None:
    """What the caller's header says, where there is one and no second one speaks against it."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"]
    return read(given[0]) if len(given) == 1 else None


def _named(state: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """What the caller may refer to later."""
    names = [(b"x-correlation-id", state["correlation"].encode())]
    key = state.get("idempotency_key")
    return names if key is None else [*names, (b"idempotency-key", key.encode("latin-1"))]


def _template(scope: Scope) -> str:
    """The path as it is documented: ids would make a label each."""
    return str(getattr(scope.get("route"), "path", "unknown"))


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "other"


def _count(scope: Scope, status: int, seconds: float) -> None:
    method, path = _method(scope), _template(scope)
    _REQUESTS.labels(method, path, str(status)).inc()
    if not path.endswith(_STREAM):
        _SECONDS.labels(method, path).observe(seconds)
