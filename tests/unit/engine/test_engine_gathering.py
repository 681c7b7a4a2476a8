"""Messages that come often, or two by two, are gathered for a moment; one that is alone hardly ever waits."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from shared.engine.amqp.broker import Delivery
from shared.engine.run import gathering
from shared.engine.run.gathering import (
    BUSY,
    ENOUGH,
    GATHER_SECONDS,
    MOST_TYPES,
    MOST_VAIN,
    NEXT_SECONDS,
    OFTEN,
    PROBE_EVERY,
    Gathering,
)

LIMIT, BYTES, WAIT = 1000, 1_000_000, 0.25
EVENTS_SECONDS = 0.1
OFTEN_APART = 0.045
"""Seconds between events that come often."""


def event(at: float, of_type: str = "e") -> Delivery:
    given = {"message_id": "m", "type": of_type}
    return Delivery("stations.events", 1, b"{}", given, "key", redelivered=False, received=at)


def command(at: float) -> Delivery:
    asks = {"message_id": "m", "reply_to": "answers"}
    return Delivery("stations.commands", 1, b"{}", asks, "key", redelivered=False, received=at)


class Queues:
    """Queues with messages that come at their moments, and a consumer whose time only its waits spend."""

    events_seconds = EVENTS_SECONDS

    def __init__(self, *coming: Delivery) -> None:
        self.coming = sorted(coming, key=lambda delivery: delivery.received)
        self.now = 0.0
        self.rooms: list[tuple[int, int]] = []
        self.gathering = Gathering(self.spend, self.events_seconds)

    def spend(self, seconds: float) -> None:
        self.now += seconds

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        self.rooms.append((limit, max_bytes))
        if self.coming and self.now < self.coming[0].received <= self.now + wait:
            self.now = self.coming[0].received
        elif not self.coming or self.coming[0].received > self.now:
            self.now += wait
        here = [delivery for delivery in self.coming if delivery.received <= self.now][:limit]
        self.coming = self.coming[len(here) :]
        return here

    def batches(self, limit: int = LIMIT, max_bytes: int = BYTES) -> Iterator[tuple[int, float]]:
        """Yield the messages of each batch, and the milliseconds that its oldest one waited; until none are left."""
        while self.coming:
            if taken := self.gathering.take(self, limit, max_bytes, WAIT):
                yield len(taken), round((self.now - taken[0].received) * 1000)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> "type[Queues]":
    """Queues whose time is that of the gathering."""

    class Played(Queues):
        def __init__(self, *coming: Delivery) -> None:
            super().__init__(*coming)
            monkeypatch.setattr(gathering, "monotonic", lambda: self.now)

    return Played


def spaced(make: Callable[[float], Delivery], apart: float, number: int) -> list[Delivery]:
    return [make(1.0 + nth * apart) for nth in range(number)]


def test_events_that_come_seldom_never_wait(play: type[Queues]) -> None:
    assert list(play(*spaced(event, EVENTS_SECONDS * 1.2, 30)).batches()) == [(1, 0)] * 30


def test_events_that_come_often_wait_for_those_behind_them(play: type[Queues]) -> None:
    found = list(play(*spaced(event, OFTEN_APART, 60)).batches())
    held = found[OFTEN - 1 : -1]
    assert found[: OFTEN - 1] == [(1, 0)] * (OFTEN - 1), "until it shows that they come often"
    assert set(held) == {(3, round(EVENTS_SECONDS * 1000))}


class Chain(Queues):
    """Queues in which each event follows from the one before, at once when that one is handled."""

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        if not self.rooms or wait == WAIT:
            self.coming = [event(self.now + 0.01)]
        return super().take(limit, max_bytes, wait)


def test_events_that_follow_from_one_another_wait_less_and_less_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain()
    monkeypatch.setattr(gathering, "monotonic", lambda: chain.now)
    held: list[bool] = []
    for _ in range(100):
        (alone,) = chain.gathering.take(chain, LIMIT, BYTES, WAIT)
        held.append(chain.now - alone.received > EVENTS_SECONDS / 2)
    waits = [nth for nth, one in enumerate(held) if one]
    apart = [after - before for before, after in pairwise(waits)]
    assert apart[: MOST_VAIN + 1] == [2**n for n in range(1, MOST_VAIN + 1)] + [2**MOST_VAIN]


def test_the_first_event_after_a_silence_does_not_wait(play: type[Queues]) -> None:
    queues = play(*spaced(event, OFTEN_APART, 20), event(60.0))
    assert list(queues.batches())[-1] == (1, 0)


def test_a_command_ends_the_wait_of_events(play: type[Queues]) -> None:
    often = spaced(event, OFTEN_APART, 20)
    queues = play(*often, command(often[-1].received + 0.01), command(often[-1].received + 0.03))
    *_, before, last = queues.batches()
    assert before[1] < EVENTS_SECONDS * 1000
    assert last == (1, 0), "and no command waits for one behind it"


@pytest.fixture
def chained(play: type[Queues], monkeypatch: pytest.MonkeyPatch) -> type[Queues]:
    """Queues of a service that gathers no events."""
    monkeypatch.setattr(Queues, "events_seconds", 0.0)
    return play


NEXT_MILLIS = round(NEXT_SECONDS * 1000)


def test_of_events_that_come_one_by_one_hardly_any_is_held(chained: type[Queues]) -> None:
    found = [waited for _, waited in chained(*spaced(event, 0.015, 3 * PROBE_EVERY)).batches()]
    held = [nth for nth, waited in enumerate(found) if waited]
    assert held == [0, PROBE_EVERY, 2 * PROBE_EVERY], "to find out whether its like is still alone"
    assert {found[nth] for nth in held} == {NEXT_MILLIS}


def test_two_events_that_come_close_together_are_one_batch(chained: type[Queues]) -> None:
    pairs = [event(1.0 + nth * 0.05 + gap) for nth in range(20) for gap in (0.0, NEXT_SECONDS / 2)]
    assert set(chained(*pairs).batches()) == {(2, NEXT_MILLIS // 2)}, "and no third one is waited for"


def test_of_each_type_of_event_it_is_known_apart(chained: type[Queues]) -> None:
    alone = [event(1.0 + nth * 0.1, "alone") for nth in range(20)]
    pairs = [event(1.05 + nth * 0.1 + gap, "link") for nth in range(20) for gap in (0.0, NEXT_SECONDS / 2)]
    found = list(chained(*alone, *pairs).batches())
    assert found.count((2, NEXT_MILLIS // 2)) == 20
    assert found.count((1, 0)) == 19


def test_events_that_are_no_longer_alone_are_found_out(chained: type[Queues]) -> None:
    pairs = [event(90.0 + nth * 0.05 + gap) for nth in range(5 * PROBE_EVERY) for gap in (0.0, NEXT_SECONDS / 2)]
    found = list(chained(*spaced(event, 0.015, 10), *pairs).batches())
    assert set(found[-10:]) == {(2, NEXT_MILLIS // 2)}


def test_types_without_number_are_not_remembered(chained: type[Queues]) -> None:
    queues = chained(*(event(1.0 + nth, f"type {nth}") for nth in range(MOST_TYPES + 2)))
    assert len(list(queues.batches())) == MOST_TYPES + 2
    assert len(queues.gathering._next_rates) == 2


def test_several_events_at_once_wait_a_moment_for_more(chained: type[Queues]) -> None:
    together = [event(1.0) for _ in range(BUSY)]
    queues = chained(*together, event(1.0 + GATHER_SECONDS / 2))
    assert list(queues.batches()) == [(BUSY + 1, round(GATHER_SECONDS * 1000))]


def test_a_command_behind_many_events_is_not_held(play: type[Queues]) -> None:
    often = spaced(event, 0.015, 60)
    *_, before, last = play(*often, command(often[-1].received + EVENTS_SECONDS * 1.5)).batches()
    assert before[0] >= BUSY
    assert last == (1, 0)


@pytest.mark.parametrize("make", [event, command])
def test_nothing_waits_while_other_work_is_at_hand(play: type[Queues], make: Callable[[float], Delivery]) -> None:
    queues = play(*spaced(event, OFTEN_APART, OFTEN), *[make(10.0) for _ in range(BUSY)])
    began = queues.now = 1.0 + OFTEN_APART * OFTEN
    assert len(queues.gathering.take(queues, LIMIT, BYTES, 0.0)) == OFTEN
    assert queues.now == began
    queues.now = 10.0
    assert len(queues.gathering.take(queues, LIMIT, BYTES, 0.0)) == BUSY
    assert queues.now == 10.0, "timers that are due come next"


def test_commands_that_come_one_by_one_are_never_held(play: type[Queues]) -> None:
    assert set(play(*spaced(command, 0.02, 60)).batches()) == {(1, 0)}


def test_several_commands_at_once_wait_a_moment_for_those_behind_them(play: type[Queues]) -> None:
    together = [command(1.0) for _ in range(BUSY)]
    later = [command(1.0 + GATHER_SECONDS / 2), command(1.0 + GATHER_SECONDS * 2.5)]
    queues = play(*together, *later)
    held = round(GATHER_SECONDS * 1000)
    assert list(queues.batches()) == [(BUSY + 1, held), (1, held)], "one waits as well right behind a batch of several"


def test_a_large_batch_begins_at_once(play: type[Queues]) -> None:
    queues = play(*[command(1.0) for _ in range(ENOUGH)], *[event(2.0) for _ in range(ENOUGH)])
    assert list(queues.batches()) == [(ENOUGH, 0), (ENOUGH, 0)]
    assert list(play(*[event(1.0) for _ in range(21)]).batches(limit=7)) == [(7, 0)] * 3, (
        "nor does one wait that is full"
    )


def test_enough_events_end_the_wait(play: type[Queues]) -> None:
    queues = play(*spaced(event, 0.001, 3 * ENOUGH))
    sizes = [size for size, _ in queues.batches()]
    assert sizes[:-1] == [1] * (OFTEN - 1) + [ENOUGH] * (len(sizes) - OFTEN)


@pytest.mark.parametrize("make", [event, command])
def test_a_gathered_batch_keeps_the_bounds_of_one_that_was_not(
    play: type[Queues], make: Callable[[float], Delivery]
) -> None:
    some = [make(1.0) for _ in range(OFTEN)]
    size = sum(len(message.body) for message in some)
    queues = play(*some, *[make(1.01) for _ in range(100)])
    assert next(queues.batches(limit=20))[0] == 20
    assert queues.rooms[-2:] == [(20, BYTES), (12, BYTES - size)]
    queues = play(*some, *[make(1.01) for _ in range(100)])
    assert next(queues.batches(max_bytes=size))[0] == OFTEN, "no look for more where its bytes are used up"
