"""`python -m services.gateway` runs the HTTP API. No eventlet here: it is asyncio from end to end."""

import asyncio
import signal
import sys
from types import FrameType
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from pymongo import AsyncMongoClient, MongoClient

from services.gateway.app import create_app
from services.gateway.auth import ensure_admin_key
from services.gateway.settings import GatewaySettings
from services.gateway.storage import KEY_INDEXES, SCHEMAS
from shared.engine.run.startup import check_port, check_start
from shared.engine.store.schema_registry import refused
from shared.runtime.errors import CannotStartError
from shared.runtime.logging import configure_logging, get_logger
from shared.runtime.settings import load

EXIT_FAILED: Final = 1
STORE_MILLIS: Final = 5000


class Server(uvicorn.Server):
    """Ends the event streams first when it is told to stop: they would never end by themselves."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """SIGTERM or SIGINT has come. Not uvicorn's own way, which ends the process by the signal once more."""
        house = getattr(self._app.state, "house", None)
        if house is not None:
            house.feed.close()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def _store_refuses(settings: GatewaySettings) -> str | None:
    """Why this release must not work on the store. One that does not answer is told of when the server starts."""
    with MongoClient[dict[str, Any]](settings.mongo_uri, serverSelectionTimeoutMS=STORE_MILLIS) as client:
        return refused(client[settings.database_name("gateway")], "gateway", SCHEMAS)


def _hindrance(settings: GatewaySettings) -> str | None:
    """What keeps it from starting, in words."""
    try:
        check_port("http_port", settings.http_host, settings.http_port)
        check_start(settings, "gateway", ())
        if why := _store_refuses(settings):
            return why
        asyncio.run(_make_admin_key(settings))
    except CannotStartError as error:
        return str(error)
    except OSError as error:
        return f"LIANSHAN_ADMIN_KEY_FILE: {error}; name a file that can be written"
    return None


async def _make_admin_key(settings: GatewaySettings) -> None:
    async with AsyncMongoClient[dict[str, Any]](settings.mongo_uri, serverSelectionTimeoutMS=STORE_MILLIS) as client:
        keys = client[settings.database_name("gateway")]["keys"]
        await keys.create_indexes(KEY_INDEXES)
        await ensure_admin_key(keys, settings.admin_key_file)


def main() -> int:
    """Run until SIGTERM or SIGINT.

    Exits 0 as asked, 1 on a store of a newer release or where a server does not let it in, 2 when a setting is bad, 3
    when it could not start.
    """
    settings = load(GatewaySettings)
    configure_logging("gateway", settings.log_level)
    if why := _hindrance(settings):
        sys.stderr.write(f"{why}\n")
        return EXIT_FAILED
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        ssl_certfile=settings.http_tls_cert_file,
        ssl_keyfile=settings.http_tls_key_file,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.stop_seconds,
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = Server(config, app)
    server.run()
    get_logger().info("stopped")
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main())
