"""The delivery of one webhook: no message holds others back for ever."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from webhook_town_in_memory import NEED, NOON, OWNER, Town, deliver, pass_time, webhook

from services.gateway.deliveries.feed_event import FeedEvent
from services.gateway.deliveries.records import Delivery, SealedSecret, delivery_id
from services.gateway.deliveries.runner import FLUSH_SECONDS, Runner


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


def test_events_of_two_services_that_have_one_id_are_two_messages_to_a_receiver() -> None:
    town = Town(lambda _: 204)
    town.happen("need_1")
    (published,) = town.events
    linked = replace(published, type="charity.link.linked", source="/charity/link")
    assert (published.id, published.message_id) == (linked.id, "s:e1")
    assert linked.message_id == "charity/link:e1"
