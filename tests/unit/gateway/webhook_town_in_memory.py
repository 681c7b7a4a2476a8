"""The delivery of one webhook with a store, a feed and an endpoint in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from services.gateway.deliveries.attempt import Attempt
from services.gateway.deliveries.feed_event import FeedEvent
from services.gateway.deliveries.holding import MOST_OF_SUBJECT, MOST_READ, Holding
from services.gateway.deliveries.records import (
    Delivery,
    SealedSecret,
    Webhook,
    WebhookEnding,
    secret_place,
)
from services.gateway.deliveries.runner import Runner
from services.gateway.deliveries.sending import Endpoint, Reply
from services.gateway.deliveries.window import FeedWindow, Head
from shared.contracts.access import Actor
from shared.runtime.keyring import KeyRing
from shared.runtime.vault import Vault
from shared.runtime.webhook_signatures import new_secret

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEED: Final = "stations.need.published"
OWNER: Final = Actor(kind="key", id="key_1", roles=("platform",), area="", on_behalf_of="principal_1")
VAULT: Final = Vault(KeyRing.of_key(b"\7" * 32), "webhooks")


def webhook(position: int) -> Webhook:
    secret = SealedSecret(sealed=VAULT.seal(new_secret(b"\1" * 32), *secret_place("w")))
    return Webhook(
        id="w", name="A platform", url="https://city.example/", key_id="key_1", principal="principal_1",
        created_at=NOON, secrets=(secret,), epoch="e1", position=position, until=NOON,
    )  # fmt: skip


class Town:
    """A feed, a store that keeps deliveries, an endpoint that answers as it is told, and a clock that is moved."""

    def __init__(self, answer: Callable[[str], int]) -> None:
        self.answer, self.now = answer, NOON
        self.sent: list[str] = []
        self.events: list[FeedEvent] = []
        self.rows: dict[str, Delivery] = {}
        self.stored: dict[str, Any] = {}
        self.endings: list[WebhookEnding] = []
        self.page, self.page_of_subject = MOST_READ, MOST_OF_SUBJECT
        self.writes = asyncio.Event()
        self.writes.set()

    def happen(self, subject: str) -> None:
        position = len(self.events) + 1
        time = self.now.isoformat()
        self.events.append(FeedEvent(position, f"e{position}", NEED, "/s", subject, time, "110102009", "{}"))

    # ---- the store and the feed --------------------------------------------------------------------------------

    def _waiting(self) -> list[Delivery]:
        return [row for _, row in sorted(self.rows.items()) if row.state == "waiting"]

    async def waiting(self, _: str, after: str) -> list[Delivery]:
        return [row for row in self._waiting() if row.id > after][: self.page]

    async def waiting_tests(self, _: str) -> list[Delivery]:
        return [row for row in self._waiting() if row.test]

    async def waiting_of(self, _: str, subject: str) -> list[Delivery]:
        return [row for row in self._waiting() if row.subject == subject and not row.test][: self.page_of_subject]

    async def log(self, deliveries: list[Delivery]) -> None:
        await self.writes.wait()
        self.rows |= {one.id: one for one in deliveries}

    async def save(self, _: Webhook, place: dict[str, Any], condition: dict[str, Any]) -> bool:
        self.stored |= {**place, **condition}
        return True

    async def end(self, _: Webhook, ending: WebhookEnding) -> None:
        self.endings.append(ending)

    async def read(self, after: int, upto: int) -> list[FeedEvent]:
        return self.events[after:upto]

    async def at(self, positions: list[int]) -> dict[int, FeedEvent]:
        return {position: self.events[position - 1] for position in positions}

    # ---- the endpoint ------------------------------------------------------------------------------------------

    async def send(self, _: str, headers: dict[str, str], __: bytes = b"") -> Reply:
        event = headers["webhook-id"].rpartition(":")[2]
        self.sent.append(event)
        return Reply(self.answer(event), {})

    async def close(self) -> None:
        """Nothing is open."""


def deliver(town: Town, then: Callable[[Runner], Awaitable[None]], position: int = 0) -> None:
    """Run the delivery of the town's webhook beside `then`."""

    async def run() -> None:
        hook = webhook(position)
        attempt = Attempt(hook, lambda _: cast("Endpoint", town), VAULT, "lianshan", lambda: town.now)
        runner = Runner(
            hook, OWNER, Head("e1", len(town.events)), holding=cast("Holding", town),
            window=cast("FeedWindow", town), attempt=attempt, valid=lambda: True, now=lambda: town.now, roll=lambda: 0,
        )  # fmt: skip
        task = asyncio.create_task(runner.run())
        try:
            await then(runner)
        finally:
            runner.stop()
            await task

    asyncio.run(run())


async def pass_time(town: Town, runner: Runner, steps: int, seconds: float) -> None:
    """Let so many steps of time pass, with all that is done in each."""
    for _ in range(steps):
        town.now += timedelta(seconds=seconds)
        runner.show_head(Head("e1", len(town.events)))
        for _ in range(20):
            await asyncio.sleep(0)
