"""The delivery of one webhook, with a store and an endpoint in memory: no message holds others back for ever."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from services.gateway.deliveries.attempt import Attempt
from services.gateway.deliveries.feed_event import FeedEvent
from services.gateway.deliveries.holding import Holding
from services.gateway.deliveries.records import (
    Delivery,
    SealedSecret,
    Webhook,
    WebhookEnding,
    delivery_id,
    secret_place,
)
from services.gateway.deliveries.runner import FLUSH_SECONDS, Runner
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
        self.writes = asyncio.Event()
        self.writes.set()

    def happen(self, subject: str) -> None:
        position = len(self.events) + 1
        time = self.now.isoformat()
        self.events.append(FeedEvent(position, f"e{position}", NEED, "/s", subject, time, "110102009", "{}"))

    # ---- the store and the feed --------------------------------------------------------------------------------

    async def waiting(self, _: str) -> list[Delivery]:
        return [row for _, row in sorted(self.rows.items()) if row.state == "waiting"]

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
        self.sent.append(headers["webhook-id"])
        return Reply(self.answer(headers["webhook-id"]), {})

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


def test_a_message_that_is_always_refused_does_not_keep_others_back_on_a_quiet_day() -> None:
    town = Town(lambda event: 422 if event == "e1" else 204)
    town.happen("refused")

    async def day(runner: Runner) -> None:
        await pass_time(town, runner, 30, 60)
        assert runner.condition.troubled, "for all that can be known the endpoint is down"
        town.happen("free")
        town.happen("refused")
        await pass_time(town, runner, 15, 60)

    deliver(town, day)
    assert "e2" in town.sent, "another subject passes within a quarter of an hour"
    assert "e3" not in town.sent, "the same subject waits"


def test_an_endpoint_that_fails_is_tried_by_single_messages_of_all_its_subjects_in_turn() -> None:
    town = Town(lambda _: 500)
    for subject in range(4):
        town.happen(f"s{subject}")

    async def hour(runner: Runner) -> None:
        await pass_time(town, runner, 60, 60)

    deliver(town, hour)
    later = town.sent[4:]
    assert 4 <= len(later) <= 20
    assert set(later[-4:]) == {"e1", "e2", "e3", "e4"}


def test_a_fault_that_nobody_foresaw_is_an_attempt_that_failed_and_comes_again_later() -> None:
    def fail(_: str) -> int:
        raise ArithmeticError

    town = Town(fail)
    town.happen("s")

    async def minute(runner: Runner) -> None:
        await pass_time(town, runner, 60, 1)
        assert not runner.lost

    deliver(town, minute)
    assert 2 <= len(town.sent) <= 6
    (row,) = town.rows.values()
    assert (row.state, row.attempts) == ("waiting", len(town.sent))


def test_a_message_that_was_taken_is_not_sent_again_because_the_store_hears_of_it_late() -> None:
    town = Town(lambda _: 204)
    town.happen("s")
    waiting = Delivery(
        id=delivery_id("w", 1), webhook="w", position=1, event_id="e1", type=NEED, subject="s", state="waiting",
        attempts=1, first_at=NOON, due=NOON,
    )  # fmt: skip
    town.rows[waiting.id] = waiting

    async def minute(runner: Runner) -> None:
        town.writes.clear()
        await pass_time(town, runner, 2, 1)
        await asyncio.sleep(FLUSH_SECONDS + 0.05)
        runner.update(runner.webhook.model_copy(update={"requeued": 1}), OWNER)
        await pass_time(town, runner, 2, 1)
        town.writes.set()
        await pass_time(town, runner, 2, 1)

    deliver(town, minute, position=1)
    assert town.sent == ["e1"]


def test_a_test_is_sent_at_once_however_much_waits_for_an_endpoint_that_fails() -> None:
    town = Town(lambda event: 204 if event == "test_1" else 500)
    for subject in range(600):
        town.happen(f"s{subject}")

    async def hour(runner: Runner) -> None:
        await pass_time(town, runner, 10, 60)
        test = Delivery(
            id=f"{delivery_id('w', 600)}.test_1", webhook="w", position=600, test=True, event_id="test_1", type=NEED,
            subject="w", state="waiting", due=NOON,
        )  # fmt: skip
        town.rows[test.id] = test
        runner.update(runner.webhook.model_copy(update={"requeued": 1}), OWNER)
        await pass_time(town, runner, 1, 1)

    deliver(town, hour)
    assert "test_1" in town.sent


def test_the_secret_that_a_receiver_has_goes_on_for_its_day_also_when_a_newer_one_was_lost() -> None:
    known, lost, new = (SealedSecret(sealed=name) for name in ("known", "lost", "new"))
    hook = webhook(0).model_copy(update={"secrets": (known,)})
    for secret, at in ((lost, NOON), (new, NOON + timedelta(minutes=1))):
        hook = hook.model_copy(update={"secrets": hook.list_secrets_after(secret, at)})
    assert [(kept.sealed, kept.until) for kept in hook.secrets] == [
        ("new", None), ("lost", NOON + timedelta(days=1, minutes=1)), ("known", NOON + timedelta(days=1)),
    ]  # fmt: skip
    later = hook.list_secrets_after(SealedSecret(sealed="next"), NOON + timedelta(days=3))
    assert [kept.sealed for kept in later] == ["next", "new"], "those that have ended are gone"


def test_a_message_whose_key_is_revoked_at_that_moment_waits_for_another_key() -> None:
    town = Town(lambda _: 204)
    town.happen("s")
    found = asyncio.Event()
    read = town.at

    async def at(positions: list[int]) -> dict[int, FeedEvent]:
        await found.wait()
        return await read(positions)

    town.at = at  # type: ignore[method-assign]
    town.rows[delivery_id("w", 1)] = Delivery(
        id=delivery_id("w", 1), webhook="w", position=1, event_id="e1", type=NEED, subject="s", state="waiting",
        attempts=1, first_at=NOON, due=NOON,
    )  # fmt: skip

    async def minute(runner: Runner) -> None:
        await pass_time(town, runner, 2, 1)
        runner.update(runner.webhook, None)
        await pass_time(town, runner, 2, 1)
        found.set()
        await pass_time(town, runner, 2, 1)

    deliver(town, minute, position=1)
    assert town.sent == []
    assert [ending.state for ending in town.endings] == ["stopped"]
    assert town.rows[delivery_id("w", 1)].state == "waiting"
