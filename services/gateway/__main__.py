"""`python -m services.gateway` runs the HTTP API. No eventlet here: it is asyncio from end to end."""

from shared.runtime.garbage import keep_loaded  # isort: skip - it makes the later imports cheap

import asyncio
import resource
import signal
import socket
import sys
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI
from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import PyMongoError

from services.gateway.access.keys import ensure_admin_key
from services.gateway.app import create_app
from services.gateway.declaration import DECLARATION, FEATURES, Registry
from services.gateway.features.feed.reader import Feed
from services.gateway.features.keys.view import HASH, KEYS
from services.gateway.features.operating.probes import has_own_port, open_probes
from services.gateway.http.access_log import check_folder
from services.gateway.http.connections import ConnectionBounds, Connections
from services.gateway.http.protocol import MOST_HEAD_BYTES, protocol_in
from services.gateway.settings import GatewaySettings
from shared.engine.decide.schema import Document
from shared.engine.run.startup import check_port, check_start
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.release_mark import mark_store
from shared.engine.store.schema_registry import refused
from shared.runtime.clock import machine_now
from shared.runtime.errors import CannotStartError
from shared.runtime.logging import configure_logging, describe, get_logger
from shared.runtime.settings import load

EXIT_FAILED: Final = 1
STORE_MILLIS: Final = 5000
SOCKET_MILLIS: Final = 20_000
"""How long MongoDB may take for one answer; else an index would be waited for as long as a majority is behind."""

MOST_DESCRIPTORS: Final = 65_536
OWN_DESCRIPTORS: Final = 256
"""File descriptors for all but callers: MongoDB, RabbitMQ, logs, probes."""


class Server(uvicorn.Server):
    """Serves the API, and probes on a port of their own.

    It ends the event streams first when it is asked to stop: they would never end by themselves.
    """

    def __init__(
        self, config: uvicorn.Config, app: FastAPI, settings: GatewaySettings, bounds: ConnectionBounds
    ) -> None:
        super().__init__(config)
        self._app = app
        self._settings = settings
        self._bounds = bounds
        self._probes: asyncio.Server | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the port of the API, then that of the probes: it answers ready once callers are served."""
        await super().startup(sockets)
        if not self.should_exit and has_own_port(self._settings):
            self._probes = await open_probes(self._app, self._settings, self._bounds)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close both ports."""
        if self._probes is not None:
            self._probes.close()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        """Stop on SIGTERM or SIGINT.

        Not as uvicorn does it: that raises the signal again at the end, and the process would not exit with 0.
        """
        feed: Feed | None = getattr(self._app.state, "feed", None)
        if feed is not None:
            feed.close()
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def _claim_store(settings: GatewaySettings) -> str | None:
    """Mark the store as this release's, or return the reason why this release must not work on it."""
    with MongoClient[Document](
        settings.mongo_uri, serverSelectionTimeoutMS=STORE_MILLIS, socketTimeoutMS=SOCKET_MILLIS
    ) as client:
        database = client[settings.database_name("gateway")]
        why = refused(database, DECLARATION.name, DECLARATION.schemas)
        if why is None:
            mark_store(database, machine_now())
        return why


def _enter_views(settings: GatewaySettings) -> None:
    # So that a list of a new store is empty, and not one that waits for the first projector.
    with MongoClient[Document](
        settings.mongo_uri, tz_aware=True, serverSelectionTimeoutMS=STORE_MILLIS, socketTimeoutMS=SOCKET_MILLIS
    ) as client:
        database = client[settings.database_name("gateway")]
        ensure_indexes(database, DECLARATION.indexes)
        Registry(database, FEATURES).prepare()


def _hindrance(settings: GatewaySettings) -> str | None:
    """The reason why the API cannot start, in a line for the operator."""
    try:
        check_folder(settings.access_log_folder)
    except OSError as error:
        return f"LIANSHAN_ACCESS_LOG_FOLDER: {error}; name a folder that this process may write to"
    try:
        check_port("http_port", settings.http_host, settings.http_port)
        if has_own_port(settings):
            check_port("health_port", settings.health_host, settings.health_port)
        check_start(settings, "gateway", ())
        if why := _claim_store(settings):
            return why
        _enter_views(settings)
        asyncio.run(_make_admin_key(settings))
    except CannotStartError as error:
        return str(error)
    except PyMongoError as error:
        return (
            f"LIANSHAN_MONGO_URI: the store could not be prepared ({describe(error)}): check with rs.status() that a "
            "majority of its members is in step, then start again"
        )
    except OSError as error:
        return f"LIANSHAN_ADMIN_KEY_FILE: {error}; name a file that can be written"
    return None


async def _make_admin_key(settings: GatewaySettings) -> None:
    # Before uvicorn starts, so that a file that cannot be written ends the start with a clear line.
    async with AsyncMongoClient[Document](
        settings.mongo_uri, serverSelectionTimeoutMS=STORE_MILLIS, socketTimeoutMS=SOCKET_MILLIS
    ) as client:
        keys = client[settings.database_name("gateway")][KEYS]
        await keys.create_indexes([HASH])
        await ensure_admin_key(keys, settings.admin_key_file)


def _open_registry(settings: GatewaySettings) -> Connections:
    """The registry of connections, within the file descriptors of the process: as many as the system lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Without a descriptor left uvicorn would accept nobody for seconds, while others keep theirs.
    soft = max(soft, min(hard, MOST_DESCRIPTORS) if hard != resource.RLIM_INFINITY else MOST_DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    bounds = ConnectionBounds(
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        write_seconds=settings.write_seconds,
        most=max(1, min(settings.max_connections, soft - OWN_DESCRIPTORS)),
        most_of_one=settings.max_connections_of_one,
        unread_bytes=settings.max_unread_bytes,
    )
    return Connections(bounds)


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    0 after a stop as asked, 1 on a store of another release or where a server does not let it in, 3 when uvicorn could
    not start; a bad setting exits with 2.
    """
    settings = load(GatewaySettings)
    configure_logging("gateway", settings.log_level)
    if why := _hindrance(settings):
        sys.stderr.write(f"{why}\n")
        return EXIT_FAILED
    app = create_app(settings)
    connections = _open_registry(settings)
    config = uvicorn.Config(
        app,
        http=protocol_in(app.state.wording, connections),
        host=settings.http_host,
        port=settings.http_port,
        ssl_certfile=settings.http_tls_cert_file,
        ssl_keyfile=settings.http_tls_key_file,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.stop_seconds,
        h11_max_incomplete_event_size=MOST_HEAD_BYTES,
    )
    server = Server(config, app, settings, connections.bounds)
    keep_loaded()
    server.run()
    get_logger().info("stopped")
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main())
