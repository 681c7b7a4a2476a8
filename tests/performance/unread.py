"""Measures the part that an agency takes which binds a queue to all events and reads none of them.

`python -m tests.performance.unread [MESSAGES]` starts servers of its own, puts MESSAGES (1,000,000) events into the
queue of an agency, and publishes events to the platform's queues in turns: without the agency's queue bound, with it
bound and empty, and with it bound and full. It prints events a second of each, and their ratio.
"""

import statistics
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from amqp import Channel
from pydantic_core import to_json

from shared.contracts.subscriptions import EVENTS_EXCHANGE
from shared.engine.amqp.broker import Outgoing, Publisher, connect
from shared.engine.amqp.topology import apply, plan
from tests.performance.servers import servers

MESSAGES, ROUNDS, BATCH, AT_ONCE = 1_000_000, 15, 2_000, 1_000
KEY: Final = "stations.need.published.11.01.02.009.017"
BODY: Final = to_json({"data": "x" * 1_000})
EMPTY, FULL = "observer.empty", "observer.unread"


@dataclass(frozen=True)
class Rates:
    """Events a second by the platform's publisher: medians of turns."""

    without: float
    bound_empty: float
    bound_full: float

    def __str__(self) -> str:
        part = self.bound_full / self.without
        return (
            f"without an agency {self.without:,.0f}/s, with an empty queue {self.bound_empty:,.0f}/s, "
            f"with the unread one {self.bound_full:,.0f}/s: {part:.2f} of the first"
        )


def declare(channel: Channel) -> None:
    """Declare the platform's queues, and two of agencies that nothing is bound to yet."""
    apply(channel)
    for name in (EMPTY, FULL):
        channel.queue_declare(name, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})


def fill(publisher: Publisher, messages: int) -> None:
    """Put so many events into the queue of the agency that reads none. Raises RuntimeError where one is refused."""
    batch = [Outgoing("", FULL, BODY, {"delivery_mode": 2})] * AT_ONCE
    for _ in range(messages // AT_ONCE):
        if publisher.publish(batch):
            raise RuntimeError("the queue of the agency refuses messages")


def take_turns(channel: Channel, publisher: Publisher, rounds: int, size: int) -> Rates:
    """Publish `size` events in each of so many turns of each way; the platform's queues are emptied in between."""
    events = [Outgoing(EVENTS_EXCHANGE, KEY, BODY, {"delivery_mode": 2})] * size
    found: dict[str, list[float]] = {"": [], EMPTY: [], FULL: []}
    ways = list(found)
    for nth in range(rounds):
        for way in (*ways[nth % 3 :], *ways[: nth % 3]):
            if way:
                channel.queue_bind(way, EVENTS_EXCHANGE, "#")
            began = perf_counter()
            publisher.publish(events)
            found[way].append(size / (perf_counter() - began))
            if way:
                channel.queue_unbind(way, EVENTS_EXCHANGE, "#")
            _clear(channel)
    return Rates(*(statistics.median(rates) for rates in found.values()))


def _clear(channel: Channel) -> None:
    for name in (*_queues(), EMPTY):
        channel.queue_purge(name)


def _queues() -> Sequence[str]:
    return [queue.name for queue in plan() if queue.name.endswith(".events")]


def main(messages: int) -> None:
    """Measure on servers of its own."""
    with servers(Path("var/unread")) as running, closing(connect(running.amqp_uri, "unread")) as connection:
        channel, publisher = connection.channel(), Publisher(connection)
        declare(channel)
        began = perf_counter()
        fill(publisher, messages)
        print(f"{messages:,} unread messages put there in {perf_counter() - began:.0f} s", flush=True)
        print(take_turns(channel, publisher, ROUNDS, BATCH), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES)
