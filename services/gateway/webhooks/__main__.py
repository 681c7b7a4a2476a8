"""`python -m services.gateway.webhooks` delivers webhooks. asyncio from end to end; it needs MongoDB alone."""

from shared.runtime.garbage import keep_loaded  # isort: skip - it makes the later imports cheap

import asyncio
import signal
import ssl
import sys
from contextlib import AsyncExitStack
from typing import Final

from pymongo import AsyncMongoClient, MongoClient
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from services.gateway.declaration import DECLARATION
from services.gateway.deliveries.records import INDEXES, WORKERS
from services.gateway.deliveries.worker import Worker
from services.gateway.messaging.clock import FollowedClock
from services.gateway.webhooks.settings import WebhookSettings
from shared.engine.decide.schema import Document
from shared.engine.run.startup import check_port, check_start_of_store
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.release_mark import mark_store
from shared.engine.store.schema_registry import refused
from shared.runtime.clock import machine_now
from shared.runtime.errors import CannotStartError
from shared.runtime.keyring import KeyRing
from shared.runtime.logging import configure_logging, describe, get_logger
from shared.runtime.plain_health import health_server
from shared.runtime.settings import load
from shared.runtime.vault import Vault

NAME: Final = "webhooks"
CHECKS: Final = ("store",)
EXIT_FAILED: Final = 1
STORE_MILLIS: Final = 5000
SOCKET_MILLIS: Final = 20_000
_NO_KEY: Final = (
    "LIANSHAN_WEBHOOK_KEY: set it to 32 random bytes in base64, made by `openssl rand -base64 32`, the same for the "
    "gateway; it seals the secrets of webhooks"
)


def _hindrance(settings: WebhookSettings) -> str | None:
    """The reason why the process cannot start, in a line for the operator."""
    try:
        if settings.health_port:
            check_port("health_port", settings.health_host, settings.health_port)
        check_start_of_store(settings, "gateway", settled_by=WORKERS)
        with MongoClient[Document](
            settings.mongo_uri, serverSelectionTimeoutMS=STORE_MILLIS, socketTimeoutMS=SOCKET_MILLIS
        ) as client:
            database = client[settings.database_name("gateway")]
            if why := refused(database, DECLARATION.name, DECLARATION.schemas):
                return why
            # Before anything else stands in the store: each process of the gateway may be the first.
            mark_store(database, machine_now())
            ensure_indexes(database, INDEXES, engine=False)
        _tls(settings)
    except CannotStartError as error:
        return str(error)
    except PyMongoError as error:
        return f"LIANSHAN_MONGO_URI: the store could not be prepared ({describe(error)}): start again when it can"
    except OSError as error:
        return f"LIANSHAN_WEBHOOK_CA_FILE: {error}; name a file of certificates that can be read"
    return None


def _tls(settings: WebhookSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.webhook_ca_file is not None:
        context.load_verify_locations(settings.webhook_ca_file)
    return context


async def _run(settings: WebhookSettings, key: KeyRing) -> None:
    client: AsyncMongoClient[Document] = AsyncMongoClient(
        settings.mongo_uri, tz_aware=True, appname="lianshan-webhooks", serverSelectionTimeoutMS=STORE_MILLIS,
        connectTimeoutMS=STORE_MILLIS, socketTimeoutMS=SOCKET_MILLIS,
    )  # fmt: skip
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.close)
        database = client.get_database(settings.database_name("gateway"), read_concern=ReadConcern("majority"))
        vault = Vault(key, NAME)
        clock = await stack.enter_async_context(FollowedClock(database, settings.movable_clock))
        networks, now = settings.allowed_webhook_networks, clock.clock.machine
        worker = Worker(database, vault, networks=networks, tls=_tls(settings), origin=settings.webhook_origin, now=now)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)

        def faults() -> dict[str, str]:
            return {} if (fault := worker.fault()) is None else {"store": fault}

        health = health_server(settings, NAME, CHECKS, faults)
        serving = None if health is None else asyncio.create_task(health.serve())
        await worker.run()
        if health is not None and serving is not None:
            health.should_exit = True
            await serving


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit code: 1 where it cannot start; a bad setting exits with 2."""
    settings = load(WebhookSettings)
    configure_logging(NAME, settings.log_level)
    key = settings.webhook_key
    if key is None or (why := _hindrance(settings)):
        sys.stderr.write(f"{_NO_KEY if key is None else why}\n")
        return EXIT_FAILED
    keep_loaded()
    asyncio.run(_run(settings, key))
    get_logger().info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
