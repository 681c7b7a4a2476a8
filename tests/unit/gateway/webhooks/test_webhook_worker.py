"""The worker: the end of a delivery that nobody foresaw is on record."""

import asyncio
import ssl
from datetime import UTC, datetime
from typing import Any, Self, cast

from pymongo.asynchronous.database import AsyncDatabase
from structlog.testing import capture_logs

from services.gateway.deliveries.worker import Worker
from shared.engine.decide.schema import Document
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault

NOW = datetime(2026, 3, 2, tzinfo=UTC)


class Store:
    """A store whose every collection takes all that is written."""

    def __getitem__(self, _: str) -> Self:
        return self

    def get_collection(self, _: str, **__: Any) -> Self:
        return self

    async def update_one(self, *_: Any) -> None:
        """Take it."""


def test_a_fault_that_ends_the_delivery_of_a_webhook_is_logged_with_its_place() -> None:
    async def fail() -> None:
        raise KeyError("subject")

    async def story() -> None:
        database = cast("AsyncDatabase[Document]", Store())
        vault = Vault(KeyRing.of_key(b"\7" * 32), "webhooks")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        worker = Worker(database, vault, networks=(), tls=tls, origin="lianshan", now=lambda: NOW)
        await worker._release("webhook_1", asyncio.create_task(fail()))

    with capture_logs() as lines:
        asyncio.run(story())
    (line,) = lines
    assert (line["event"], line["webhook"], line["error"]) == ("webhook_delivery_failed", "webhook_1", "KeyError")
