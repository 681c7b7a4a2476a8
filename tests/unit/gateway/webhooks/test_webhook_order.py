"""The order of a subject's messages, however many of them wait for an endpoint, in memory and in the store."""

import asyncio
from datetime import timedelta

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from webhook_town_in_memory import NEED, NOON, OWNER, Town, deliver, pass_time

from services.gateway.deliveries.records import Delivery, delivery_id
from services.gateway.deliveries.runner import Runner

FLUSH = 0.04
"""Seconds between two writes to the store."""


def order_of(town: Town, subject: str) -> list[int]:
    """The positions of the messages of a subject as they were first sent."""
    mine = {event.id: event.position for event in town.events if event.subject == subject}
    return [mine[one] for one in dict.fromkeys(town.sent) if one in mine]


def test_a_subject_with_thousands_behind_a_refused_message_keeps_neither_others_back_nor_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.gateway.deliveries.runner.FLUSH_SECONDS", FLUSH)
    town = Town(lambda event: 422 if event == "e1" else 204)
    for _ in range(2_500):
        town.happen("stopped")
    for nth in range(20):
        town.happen(f"free_{nth}")
    held: list[int] = []

    async def day(runner: Runner) -> None:
        for _ in range(12):
            await pass_time(town, runner, 10, 1)
            await asyncio.sleep(FLUSH / 4)
            held.append(len(runner._backlog.queue))
        assert town.stored["position"] == len(town.events), "the store has all that waits"

    deliver(town, day)
    assert {f"e{position}" for position in range(2_501, 2_521)} <= set(town.sent)
    assert order_of(town, "stopped") == [1]
    assert held[-1] == 1


@pytest.fixture
def written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store hears of each attempt before the next turn."""
    for name in ("FLUSH_SECONDS", "SAVE_SECONDS", "LOAD_SECONDS"):
        monkeypatch.setattr(f"services.gateway.deliveries.runner.{name}", 0.0)


@pytest.mark.usefixtures("written_at_once")
def test_after_three_days_the_next_messages_of_a_subject_come_in_order_from_the_store_and_the_feed() -> None:
    town = Town(lambda event: 422 if event == "e1" else 204)
    for _ in range(250):
        town.happen("s")

    async def days(runner: Runner) -> None:
        await pass_time(town, runner, 12, 1)
        town.now += timedelta(days=3)
        for nth in range(40):
            if nth < 5:
                town.happen("s")
            await pass_time(town, runner, 5, 60)

    deliver(town, days)
    assert order_of(town, "s") == list(range(1, len(town.events) + 1))
    assert town.rows[delivery_id("w", 1)].state == "undelivered"


@pytest.mark.usefixtures("written_at_once")
@pytest.mark.parametrize("blocked", [0, 7])
def test_events_of_the_feed_do_not_overtake_those_that_wait_in_the_store(
    blocked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More wait than are read at once, and half of the room is taken by subjects that are stopped."""
    for module, name, most in (("loading", "MOST_READ", 10), ("backlog", "MOST_MOVING", 8)):
        monkeypatch.setattr(f"services.gateway.deliveries.{module}.{name}", most)
    stopped = {f"e{position}" for position in range(1, blocked + 1)}
    town = Town(lambda event: 422 if event in stopped else 204)
    town.page = 10
    for nth in range(blocked):
        town.happen(f"stopped_{nth}")
    for nth in range(60):
        town.happen(f"s{nth % 12}")
    for event in town.events:
        town.rows[delivery_id("w", event.position)] = Delivery(
            id=delivery_id("w", event.position), webhook="w", position=event.position, event_id=event.id, type=NEED,
            subject=event.subject, state="waiting", due=NOON,
        )  # fmt: skip
    waiting = len(town.events)
    for nth in range(60):
        town.happen(f"s{nth % 12}")

    async def hour(runner: Runner) -> None:
        await pass_time(town, runner, 200, 1)

    deliver(town, hour, position=waiting)
    for nth in range(12):
        mine = [event.position for event in town.events if event.subject == f"s{nth}"]
        assert order_of(town, f"s{nth}") == mine


@examples(25)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), min_size=1, max_size=40),
    st.integers(1, 40),
    st.integers(0, 20),
)
def test_whatever_is_refused_and_when_the_first_attempts_of_a_subject_keep_its_order(
    fates: list[tuple[str, bool]], known: int, again: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        for module, name, most in (
            ("loading", "MOST_READ", 3), ("loading", "MOST_OF_SUBJECT", 2), ("backlog", "MOST_MOVING", 4),
            ("runner", "FLUSH_SECONDS", 0.0), ("runner", "SAVE_SECONDS", 0.0), ("runner", "LOAD_SECONDS", 0.0),
        ):  # fmt: skip
            patched.setattr(f"services.gateway.deliveries.{module}.{name}", most)
        refused = {f"e{nth}" for nth, (_, taken) in enumerate(fates, 1) if not taken}
        town = Town(lambda event: 204 if event not in refused else 422)
        town.page, town.page_of_subject = 3, 2
        for subject, _ in fates[:known]:
            town.happen(subject)

        async def days(runner: Runner) -> None:
            await pass_time(town, runner, 5, 1)
            for nth, (subject, _) in enumerate(fates[known:]):
                town.happen(subject)
                await pass_time(town, runner, 2, 1)
                if nth == again:
                    runner.update(runner.webhook.model_copy(update={"requeued": runner.webhook.requeued + 1}), OWNER)
            await pass_time(town, runner, 5, 600)
            refused.clear()
            await pass_time(town, runner, 60, 3600)

        deliver(town, days)
        assert {event.id for event in town.events} == set(town.sent)
        for subject in "abc":
            assert order_of(town, subject) == sorted(order_of(town, subject))
        assert {row.state for row in town.rows.values()} == {"delivered"}
