"""The worker: the end of a delivery that nobody foresaw is on record, and an idle one follows the feed at once."""

import asyncio
import ssl
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Self, cast
from unittest.mock import AsyncMock, Mock

import pytest
from pymongo.asynchronous.database import AsyncDatabase
from structlog.testing import capture_logs

from services.gateway.deliveries.window import Head
from services.gateway.deliveries.worker import HEAD_SECONDS, REFRESH_SECONDS, Worker
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


class Holds:
    """A worker's part in the webhooks: none at first, and then one that is new."""

    async def share(self) -> int:
        return 1

    async def renew(self, _: object) -> dict[str, Any]:
        return {}

    async def take(self, _: int) -> list[Any]:
        return [SimpleNamespace(id="webhook_1", key_id="key_1")]

    async def unheld(self) -> int:
        return 0


class Window:
    """The feed, and how often its end was asked for."""

    looks = 0

    async def head(self) -> Head:
        self.looks += 1
        return Head("", self.looks)

    def forget(self) -> None:
        """Nothing is kept."""


class Taken:
    """The delivery of a webhook that is up to date, until it is shown a later end of the feed."""

    behind = 0
    condition = SimpleNamespace(troubled=False)

    def __init__(self) -> None:
        self.moved = asyncio.Event()

    def show_head(self, _: Head) -> None:
        self.moved.set()


def make_worker() -> Worker:
    database = cast("AsyncDatabase[Document]", Store())
    vault = Vault(KeyRing.of_key(b"\7" * 32), "webhooks")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return Worker(database, vault, networks=(), tls=tls, origin="lianshan", now=lambda: NOW)


def test_an_idle_worker_that_takes_a_webhook_up_follows_the_feed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        worker, window = make_worker(), Window()
        runner = Taken()
        monkeypatch.setattr(worker, "_holding", Holds())
        monkeypatch.setattr(worker, "_window", window)
        monkeypatch.setattr(worker, "_owners", AsyncMock(return_value={}))
        monkeypatch.setattr(worker, "_start", lambda webhook, _: worker._runners.update({webhook.id: (runner, Mock())}))
        following = asyncio.create_task(worker._follow_head())
        await asyncio.sleep(2 * HEAD_SECONDS)
        assert window.looks == 0, "nobody is to be shown anything"
        await worker._refresh()
        async with asyncio.timeout(REFRESH_SECONDS / 2):
            await runner.moved.wait()
        following.cancel()

    asyncio.run(story())


def test_a_fault_that_ends_the_delivery_of_a_webhook_is_logged_with_its_place() -> None:
    async def fail() -> None:
        raise KeyError("subject")

    async def story() -> None:
        await make_worker()._release("webhook_1", asyncio.create_task(fail()))

    with capture_logs() as lines:
        asyncio.run(story())
    (line,) = lines
    assert (line["event"], line["webhook"], line["error"]) == ("webhook_delivery_failed", "webhook_1", "KeyError")
