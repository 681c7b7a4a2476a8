"""The outermost layer: correlation, numbers, and the last word on errors nobody foresaw."""

import re
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final
from uuid import uuid4

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.gateway.problems import Problem, respond
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
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Edge:
    """ASGI middleware, pure: it neither reads nor holds what passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        traceparent, correlation = _trace(scope)
        scope.setdefault("state", {}).update(traceparent=traceparent, correlation=correlation)
        bind_message(correlation)
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
            clear_message()


def _trace(scope: Scope) -> tuple[str, str]:
    for name, value in scope["headers"]:
        if name == b"traceparent":
            given = value.decode("latin-1")
            if _TRACEPARENT.fullmatch(given):
                return given, given[3:35]
    correlation = uuid4().hex
    return f"00-{correlation}-{uuid4().hex[:16]}-01", correlation


def _named(state: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """What the caller may refer to later."""
    names = [(b"x-correlation-id", state["correlation"].encode())]
    key = state.get("idempotency_key")
    return names if key is None else [*names, (b"idempotency-key", key.encode("latin-1"))]


def _template(scope: Scope) -> str:
    """The path as it is documented: ids would make a label each."""
    return str(getattr(scope.get("route"), "path", "unknown"))


def _count(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in _METHODS else "other"
    path = _template(scope)
    _REQUESTS.labels(method, path, str(status)).inc()
    if not path.endswith("/stream"):
        _SECONDS.labels(method, path).observe(seconds)
