"""A small HTTP server beside a nameko service, for its liveness, readiness and metrics.

It runs in a green thread of its own, apart from nameko's worker pool, so that slow work never delays its answers.
"""

import json
import socket
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

import eventlet
import eventlet.wsgi
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from shared.runtime.logging import describe, get_logger
from shared.runtime.metrics import show_readiness
from shared.runtime.settings import ServiceSettings
from shared.runtime.version import VERSION

Check = Callable[[], str | None]
"""Returns None where all is well, otherwise the fault in words. An error that it raises counts as a fault."""

CHECK_SECONDS: Final = 2.0
"""How long a check may take; Kubernetes' probes allow more."""
_CONNECTIONS: Final = 32
_SOCKET_SECONDS: Final = 10
"""How long a client may stay silent before its connection is closed."""
_JSON: Final = "application/json"

Environ = Mapping[str, object]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
"""The two arguments of a WSGI application (PEP 3333)."""


class GreenThread(Protocol):
    """A green thread of eventlet, which has no types."""

    def kill(self) -> None: ...


def serve_health(
    settings: ServiceSettings, name: str, checks: Mapping[str, Check], status: Callable[[], str] = lambda: "ready"
) -> "HealthServer | None":
    """Start the server at the address of the settings; return None where they switch it off.

    `status` gives the word that a ready service answers with: `ready` or `paused`. Raises OSError where the address is
    taken.
    """
    if settings.health_port == 0:
        return None
    server = HealthServer(
        settings.health_host, settings.health_port, name, checks, status,
        certificate=settings.http_tls_cert_file, key=settings.http_tls_key_file,
    )  # fmt: skip
    server.start()
    return server


class HealthServer:
    """Answers /healthz while the process runs, /readyz with the result of every check, and /metrics for Prometheus."""

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
        self._socket: socket.socket | None = None
        self._thread: GreenThread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, also where the system chose it. Raises RuntimeError before the start."""
        if self._socket is None:
            raise RuntimeError("the health server has not been started")
        return int(self._socket.getsockname()[1])

    def start(self) -> None:
        """Start to answer. Raises OSError where the address is taken."""
        self._socket = eventlet.listen(self._address)
        if self._certificate is not None:
            # The handshake is done by the green thread that reads: a silent client holds up no other.
            self._socket = eventlet.wrap_ssl(
                self._socket,
                certfile=str(self._certificate),
                keyfile=None if self._key is None else str(self._key),
                server_side=True,
                do_handshake_on_connect=False,
            )
        self._thread = eventlet.spawn(self._serve)

    def stop(self) -> None:
        """Stop to answer."""
        if self._thread is not None and self._socket is not None:
            self._thread.kill()
            self._socket.close()
            self._thread = None

    def _serve(self) -> None:
        eventlet.wsgi.server(
            self._socket,
            self._answer,
            max_size=_CONNECTIONS,
            socket_timeout=_SOCKET_SECONDS,
            keepalive=False,
            log_output=False,
            debug=False,
        )

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        pages = {"/healthz": self._alive, "/readyz": self._ready, "/metrics": self._metrics}
        page = pages.get(str(environ.get("PATH_INFO", "")), self._not_found)
        status, kind, body = page()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    def _alive(self) -> tuple[str, str, bytes]:
        return "200 OK", _JSON, json.dumps({"status": "alive", "version": VERSION}).encode()

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

    def _not_found(self) -> tuple[str, str, bytes]:
        return "404 Not Found", _JSON, b'{"detail":"There are /healthz, /readyz and /metrics."}'


def _ask(check: Check) -> str | None:
    try:
        with eventlet.Timeout(CHECK_SECONDS):
            return check()
    except eventlet.Timeout:
        return f"no answer within {CHECK_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - any error of a check means: not ready
        get_logger().warning("readiness_check_failed", error=describe(error))
        return describe(error)
