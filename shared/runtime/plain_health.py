"""Liveness, readiness and metrics of a plain process: one without nameko and eventlet."""

import contextlib
from collections.abc import Callable, Collection

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shared.runtime.metrics import show_readiness
from shared.runtime.settings import ServiceSettings
from shared.runtime.version import VERSION

Faults = Callable[[], dict[str, str]]
"""Returns the faults in words, by the name of the check; a check without one passes."""


class HealthServer(uvicorn.Server):
    """Leaves the signals to the process: it ends with it."""

    def install_signal_handlers(self) -> None:
        """Do nothing."""

    def capture_signals(self) -> "contextlib.AbstractContextManager[None]":  # type: ignore[override]
        """Do nothing."""
        return contextlib.nullcontext()


def health_server(settings: ServiceSettings, name: str, checks: Collection[str], faults: Faults) -> HealthServer | None:
    """Return the server of /healthz, /readyz and /metrics; None where the settings switch it off."""
    if settings.health_port == 0:
        return None

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "alive", "version": VERSION})

    async def readyz(_: Request) -> Response:
        found = faults()
        return JSONResponse({"status": "not ready" if found else "ready", "wrong": found}, 503 if found else 200)

    async def metrics(_: Request) -> Response:
        show_readiness(name, faults(), checks)
        return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)

    app = Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])
    return HealthServer(
        uvicorn.Config(
            app, host=settings.health_host, port=settings.health_port, log_config=None, access_log=False,
            ssl_certfile=settings.http_tls_cert_file, ssl_keyfile=settings.http_tls_key_file, server_header=False,
            limit_concurrency=32, timeout_keep_alive=5, timeout_graceful_shutdown=1, lifespan="off",
        )
    )  # fmt: skip
