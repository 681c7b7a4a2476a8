"""Messages that come several at a time are gathered for a moment; one that comes alone never waits."""

from collections.abc import Sequence

from engine_loop import message

from shared.engine.amqp.broker import Delivery
from shared.engine.run.gathering import BUSY, ENOUGH, GATHER_SECONDS, Gathering

LIMIT, BYTES = 1000, 1_000_000


class Queues:
    """Queues whose looks find so many messages in turn."""

    def __init__(self, *comes: int) -> None:
        self.comes = list(comes)
        self.asked: list[tuple[int, int, float]] = []
        self.pauses: list[float] = []
        self.gathering = Gathering(self.pauses.append)

    def take(self, limit: int, max_bytes: int, wait: float) -> list[Delivery]:
        self.asked.append((limit, max_bytes, wait))
        return [message(nth) for nth in range(min(limit, self.comes.pop(0)))]

    def batches(self, number: int, limit: int = LIMIT, max_bytes: int = BYTES) -> Sequence[int]:
        return [len(self.gathering.take(self, limit, max_bytes, 0.1)) for _ in range(number)]


def test_messages_that_come_one_by_one_are_never_held() -> None:
    queues = Queues(1, 1, 2, 1, 0, 1)
    assert queues.batches(6) == [1, 1, 2, 1, 0, 1]
    assert queues.pauses == []


def test_several_that_come_at_once_wait_a_moment_for_those_behind_them() -> None:
    queues = Queues(BUSY, 5, 1, 2, 1)
    assert queues.batches(3) == [BUSY + 5, 1 + 2, 1], "one waits as well right behind a batch of several, and no other"
    assert queues.pauses == [GATHER_SECONDS, GATHER_SECONDS]
    assert [wait for _, _, wait in queues.asked] == [0.1, 0.0, 0.1, 0.0, 0.1]


def test_a_large_batch_begins_at_once() -> None:
    queues = Queues(ENOUGH, ENOUGH + 8, 7)
    assert queues.batches(2) == [ENOUGH, ENOUGH + 8]
    assert queues.batches(1, limit=7) == [7], "nor does one wait that is full"
    assert queues.pauses == []


def test_a_gathered_batch_keeps_the_bounds_of_one_that_was_not() -> None:
    queues = Queues(6, 100, 6)
    assert queues.batches(1, limit=20) == [20]
    size = sum(len(message(nth).body) for nth in range(6))
    assert queues.asked[1] == (14, BYTES - size, 0.0)
    assert queues.batches(1, max_bytes=size) == [6], "no look for more where its bytes are used up"
