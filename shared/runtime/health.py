"""A small HTTP server beside a nameko service: is it alive, is it ready, what are its numbers.

It runs in a green thread of its own, apart from nameko's worker pool, so that slow work never makes it late.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import eventlet
import eventlet.wsgi
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from shared.runtime.logging import describe, get_logger
from shared.runtime.metrics import show_readiness
from shared.runtime.settings import ServiceSettings
from shared.runtime.version import package_version

Check = Callable[[], str | None]
"""None where all is well, otherwise what is not, in words. It may raise, too."""

CHECK_SECONDS: Final = 2.0
_CONNECTIONS: Final = 32
_JSON: Final = "application/json"

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


def serve_health(
    settings: ServiceSettings, name: str, checks: Mapping[str, Check], status: Callable[[], str] = lambda: "ready"
) -> "HealthServer | None":
    """Start answering where the settings say, or nowhere if they say so. `status` is what a ready one is: a word."""
    if settings.health_port == 0:
        return None
    server = HealthServer(
        settings.health_host, settings.health_port, name, checks, status,
        certificate=settings.http_tls_cert_file, key=settings.http_tls_key_file,
    )  # fmt: skip
    server.start()
    return server


class HealthServer:
    """/healthz answers while the process turns; /readyz when every check passes; /metrics for Prometheus."""

    def __init__(
        self,
        host: str,
        port: int,
        name: str,
        checks: Mapping[str, Check],
        status: Callable[[], str] = lambda: "ready",
        *,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        self._address = (host, port)
        self._certificate, self._key = certificate, key
        self._name = name
        self._checks = dict(checks)
        self._status = status
        self._socket: Any = None
        self._thread: Any = None

    @property
    def port(self) -> int:
        """Where it listens, once started."""
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Begin to answer. Raises OSError where the address is taken."""
        self._socket = eventlet.listen(self._address)
        if self._certificate is not None:
            # Hands are shaken by the one who reads, so that a caller who does not shake holds up nobody else.
            self._socket = eventlet.wrap_ssl(
                self._socket,
                certfile=str(self._certificate),
                keyfile=None if self._key is None else str(self._key),
                server_side=True,
                do_handshake_on_connect=False,
            )
        self._thread = eventlet.spawn(self._serve)

    def stop(self) -> None:
        """Answer no more."""
        if self._thread is not None:
            self._thread.kill()
            self._socket.close()
            self._thread = None

    def _serve(self) -> None:
        eventlet.wsgi.server(
            self._socket,
            self._answer,
            max_size=_CONNECTIONS,
            socket_timeout=10,
            keepalive=False,
            log_output=False,
            debug=False,
        )

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        pages = {"/healthz": self._alive, "/readyz": self._ready, "/metrics": self._metrics}
        page = pages.get(environ.get("PATH_INFO", ""), self._unknown)
        status, kind, body = page()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _alive(self) -> tuple[str, str, bytes]:
        return "200 OK", _JSON, json.dumps({"status": "alive", "version": package_version()}).encode()

    def _ready(self) -> tuple[str, str, bytes]:
        wrong = self._wrong()
        status = "503 Service Unavailable" if wrong else "200 OK"
        answer = {"status": "not ready" if wrong else self._status(), "wrong": wrong}
        return status, _JSON, json.dumps(answer, ensure_ascii=False).encode()

    def _metrics(self) -> tuple[str, str, bytes]:
        show_readiness(self._name, self._wrong(), self._checks)
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest(REGISTRY)

    def _wrong(self) -> dict[str, str]:
        found = {name: _ask(check) for name, check in self._checks.items()}
        return {name: reason for name, reason in found.items() if reason is not None}

    def _unknown(self) -> tuple[str, str, bytes]:
        return "404 Not Found", _JSON, b'{"detail":"There are /healthz, /readyz and /metrics."}'


def _ask(check: Check) -> str | None:
    try:
        with eventlet.Timeout(CHECK_SECONDS):
            return check()
    except eventlet.Timeout:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - whatever a check raises, the answer is: not ready
        get_logger().warning("readiness_check_failed", error=describe(error))
        return describe(error)
