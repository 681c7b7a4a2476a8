"""The depth of a queue whose leader is too busy to answer is unknown, and not 0."""

import pytest
from amqp import Channel, Connection

from deploy.lianshan.topology.queue_depth import delete_if_empty
from shared.engine.amqp import depth
from shared.engine.amqp.broker import BROKER_ERRORS

QUEUE = "charity.events"
IDLE = (0, 0)


class Broker(Channel):  # type: ignore[misc]
    """A channel whose broker gives each answer after those seconds."""

    def __init__(self, *answers: tuple[tuple[int, int], float]) -> None:
        self.now, self.answers, self.deleted, self.waiting = 0.0, list(answers), False, False

    def channel(self) -> "Broker":
        return self

    def close(self) -> None: ...

    def queue_declare(self, queue: str, *, passive: bool) -> tuple[str, int, int]:
        assert passive, "a look makes no queue"
        (messages, consumers), seconds = self.answers.pop(0)
        self.now += seconds
        return queue, messages, consumers

    def basic_get(self, _: str) -> object:
        return b"one" if self.waiting else None

    def queue_delete(self, _: str) -> None:
        self.deleted = True


def look(monkeypatch: pytest.MonkeyPatch, *answers: tuple[tuple[int, int], float]) -> tuple[int, int]:
    broker = Broker(*answers)
    monkeypatch.setattr(depth, "monotonic", lambda: broker.now)
    return depth.read_depth(broker, QUEUE)


@pytest.mark.parametrize(
    "answers",
    [[((12, 2), 0.01)], [((12, 2), 0.9)], [(IDLE, 0.25), ((12, 2), 0.01)], [(IDLE, 0.25)] * 3 + [((12, 2), 0.24)]],
    ids=["at once", "late", "after one busy moment", "after three"],
)
def test_a_queue_is_as_deep_as_its_leader_says(
    answers: list[tuple[tuple[int, int], float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert look(monkeypatch, *answers) == (12, 2)


def test_a_queue_is_empty_where_that_is_answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(monkeypatch, (IDLE, 0.25), (IDLE, 0.19)) == IDLE


def test_the_depth_is_unknown_while_the_leader_is_too_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BROKER_ERRORS, match=r"the depth of charity\.events is unknown: its leader is too busy"):
        look(monkeypatch, *[(IDLE, 0.25)] * 4)


@pytest.mark.parametrize("waiting", [True, False])
def test_a_queue_without_a_leader_is_not_deleted_with_a_message_in_it(waiting: bool) -> None:
    broker = Broker((IDLE, 0.01))
    broker.waiting = waiting
    connection: Connection = broker
    assert delete_if_empty(connection, QUEUE) is not waiting
    assert broker.deleted is not waiting
