"""Units of work of a worker process: the connection over which their events are published."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from pymongo.errors import AutoReconnect

from shared.engine.amqp.broker import BrokerUnreachableError
from shared.engine.run import units
from shared.engine.run.units import KEPT_SECONDS, Units
from shared.runtime.clock import Clock


class Broker:
    """Counts the connections; `fault` is that of the next publication."""

    def __init__(self) -> None:
        self.opened, self.closed, self.deleted, self.now, self.fault = 0, 0, 0, 100.0, None

    fault: Exception | None

    def connect(self, *_: object) -> object:
        self.opened += 1
        return SimpleNamespace()

    def close(self, connection: object) -> None:
        self.closed += connection is not None

    def delete_published(self) -> None:
        self.deleted += 1

    def publish(self, *_: object) -> bool:
        if (fault := self.fault) is not None:
            self.fault = None
            raise fault
        return True


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker()
    with (
        patch.object(units, "connect", made.connect),
        patch.object(units, "close_quietly", made.close),
        patch.object(units, "Publisher", lambda _: object()),
        patch.object(units, "Outbox", lambda _: made),
        patch.object(units, "monotonic", lambda: made.now),
    ):
        yield made


def commits(*, kept: bool) -> Any:
    return Units(None, "amqp://", Clock(), "jobs", kept=kept)  # type: ignore[arg-type]


EVENTS: Any = [SimpleNamespace(outbox=[{}], outbox_ids=[1])]


def test_a_rare_commit_has_a_connection_of_its_own(broker: Broker) -> None:
    rare = commits(kept=False)
    for _ in range(2):
        rare._publish(EVENTS)
    assert (broker.opened, broker.closed) == (2, 2)
    assert broker.deleted == 2, "no sweep publishes them again"


def test_commits_one_after_the_other_share_a_connection_until_it_is_released(broker: Broker) -> None:
    steady = commits(kept=True)
    for _ in range(5):
        steady._publish(EVENTS)
        broker.now += KEPT_SECONDS / 2
    assert (broker.opened, broker.closed) == (1, 0)
    steady.release()
    steady.release()
    assert broker.closed == 1


def test_a_connection_that_was_idle_is_not_used_again(broker: Broker) -> None:
    steady = commits(kept=True)
    steady._publish(EVENTS)
    broker.now += KEPT_SECONDS + 1
    steady._publish(EVENTS)
    assert (broker.opened, broker.closed) == (2, 1)


@pytest.mark.parametrize("fault", [OSError("gone"), BrokerUnreachableError("away")])
def test_a_lost_broker_leaves_the_events_to_the_sweep_and_is_connected_to_again(
    broker: Broker, fault: Exception
) -> None:
    steady = commits(kept=True)
    broker.fault = fault
    steady._publish(EVENTS)
    assert (broker.opened, broker.closed) == (1, 1)
    steady._publish(EVENTS)
    assert (broker.opened, broker.closed) == (2, 1)


def test_any_other_failure_closes_the_connection_whose_confirms_nobody_has_read(broker: Broker) -> None:
    steady = commits(kept=True)
    broker.fault = ValueError("a body that cannot be encoded")
    with pytest.raises(ValueError, match="a body"):
        steady._publish(EVENTS)
    assert (broker.opened, broker.closed) == (1, 1)


@pytest.mark.parametrize("fault", [OSError("gone"), AutoReconnect("the store is away")])
def test_a_server_that_is_lost_beside_the_next_commit_leaves_the_events_to_the_sweep(
    broker: Broker, fault: Exception
) -> None:
    with ThreadPoolExecutor(1) as beside:
        steady = Units(None, "amqp://", Clock(), "jobs", kept=True, beside=beside)  # type: ignore[arg-type]
        broker.fault = fault
        steady._announce(EVENTS)
        steady._announce(EVENTS)
        steady.release()
    assert (broker.opened, broker.closed) == (2, 2)


def test_events_are_published_beside_the_next_commit_in_order_and_before_the_connection_is_closed(
    broker: Broker,
) -> None:
    waiting, seen = Event(), list[object]()

    def publish(_: object, rows: Sequence[object], __: object) -> bool:
        assert waiting.wait(10)
        seen.append(rows[0])
        return True

    with ThreadPoolExecutor(1) as beside, patch.object(broker, "publish", publish):
        steady = Units(None, "amqp://", Clock(), "jobs", kept=True, beside=beside)  # type: ignore[arg-type]
        steady._announce(commit_of("first"))
        assert seen == [], "the caller goes on while the broker has not confirmed"
        waiting.set()
        steady._announce(commit_of("second"))
        assert seen[:1] == ["first"], "those of one commit at most are on their way"
        steady._announce(commit_of())
        steady.release()
    assert (seen, broker.closed) == (["first", "second"], 1)


def commit_of(*rows: str) -> Any:
    return [SimpleNamespace(outbox=list(rows), outbox_ids=[1])]
