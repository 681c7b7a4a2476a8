"""The tools over standard input and output, with one key, and over HTTP, with the key of each request."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any, Final

import uvicorn
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from deploy.lianshan.assistant.gateway import Gateway
from deploy.lianshan.assistant.server import Assistant, make_server
from shared.words import Language, Wording

PATH: Final = "/mcp"
MOST_BODY: Final = 256 * 1024
"""Bytes of a request over HTTP: a draft has some thousand."""
MOST_CONNECTIONS: Final = 64
LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")


def serve_stdio(url: str, key: str, language: Language) -> None:
    """Serve one client on standard input and output, with that key, until it closes them."""

    async def run() -> None:
        async with Gateway.open(url, language) as gateway:
            server = make_server(Assistant(gateway, Wording(language)), lambda _: f"Bearer {key}".encode())
            async with stdio_server() as (read, write):
                await server.run(read, write, server.create_initialization_options())

    # The thread that reads standard input cannot be interrupted: Ctrl-C would wait for the next line. Nothing is kept.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(run())


def serve_http(url: str, host: str, port: int, names: Sequence[str], language: Language) -> None:
    """Serve clients over HTTP until the process is stopped; `names` are those of its host beside loopback's."""

    async def run() -> None:
        async with Gateway.open(url, language) as gateway:
            config = uvicorn.Config(
                make_app(gateway, language, names), host=host, port=port, limit_concurrency=MOST_CONNECTIONS,
                access_log=False, server_header=False, log_level="warning", ws="none",
            )  # fmt: skip
            await uvicorn.Server(config).serve()

    asyncio.run(run())


def make_app(gateway: Gateway, language: Language, names: Sequence[str] = ()) -> ASGIApp:
    """Return the application. It keeps no session: each request is complete, with its own key."""
    server: Server[Any] = make_server(Assistant(gateway, Wording(language)), _find_authorization)
    known = [*LOOPBACK, *names]
    # Names of hosts are checked so that no web page reaches a server on loopback (DNS rebinding); pages have no access.
    security = TransportSecuritySettings(allowed_hosts=[*known, *(f"{name}:*" for name in known)], allowed_origins=[])
    return RequireKey(
        server.streamable_http_app(
            streamable_http_path=PATH, stateless_http=True, json_response=True, max_request_body_size=MOST_BODY,
            transport_security=security,
        )
    )  # fmt: skip


class RequireKey:
    """Refuses requests without a bearer key (401), and all but POST (405): no stream is held open."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the refusal, or pass the request on."""
        refusal = _refuse(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)


def _refuse(scope: Scope) -> Response | None:
    if scope["path"] != PATH:
        return None  # 404
    if scope["method"] != "POST":
        return Response(status_code=405, headers={"Allow": "POST"})
    if not Headers(scope=scope).get("authorization", "").lower().startswith("bearer "):
        return Response(status_code=401, headers={"WWW-Authenticate": 'Bearer realm="lianshan"'})
    return None


def _find_authorization(context: ServerRequestContext[Any, Request]) -> bytes:
    request = context.request
    return b"" if request is None else request.headers["authorization"].encode("latin-1")
