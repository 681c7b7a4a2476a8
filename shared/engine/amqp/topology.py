"""All exchanges and queues, declared by one explicit step: `python -m shared.engine.amqp.topology apply`.

Services never declare. They check at start that their queues exist, and refuse to start where one is missing: declaring
a queue with other arguments than it has closes the channel (AMQP 0-9-1, 406 PRECONDITION_FAILED) and would block
nameko's start for good.

Every queue is a quorum queue (https://www.rabbitmq.com/docs/quorum-queues): replicated, on disk, and confirmed once a
majority has the message. Every queue is bounded. Those of events drop their oldest, so that no publisher waits for a
reader; the others refuse a message beyond their bound (`reject-publish`), so that its publisher learns of it.
"""

import json
import sys
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, Final

from amqp import Channel
from amqp.exceptions import PreconditionFailed

from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.messages import MAX_COMMAND_BYTES
from shared.contracts.subscriptions import (
    ANSWERS_EXCHANGE,
    ARCHIVE_STREAM,
    COMMANDED,
    COMMANDS_EXCHANGE,
    EVENTS_EXCHANGE,
    SUBSCRIPTIONS,
    binding_covers,
)

UNLIMITED: Final = 1_000_000_000
"""A delivery limit that is never reached. RabbitMQ 4 gives a queue without one a limit of 20, counts every read of a
message, and then drops it; RabbitMQ 3 takes -1, which means "none" in 4, for less than one delivery.
https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling
"""
MAX_LENGTH: Final = 1_000_000
"""Messages that a service's queue holds while the service is away: at 2 KiB each some 2 GiB of disk."""
MAX_EVENTS_BYTES: Final = 4 * 1024**3
"""Bytes of events that a service's queue holds at most; beyond, the oldest go, and are fetched from the log."""
ARCHIVE_BYTES: Final = 20 * 1024**3
"""Bytes of events that the archive stream keeps, oldest dropped first."""
ARCHIVE_SEGMENT_BYTES: Final = 100 * 1024**2
"""Bytes of a segment; a stream drops whole segments, so this is how finely it forgets."""
MARK_TYPE: Final = "fanout"
EVENTS_AHEAD_BYTES: Final = 128 * 1024**2
COMMANDS_AHEAD_BYTES: Final = 64 * 1024**2
"""Bytes of events and of commands that a process holds at most ahead of their acknowledgement, were each as large as it
may be: 2,048 events of 64 KiB and 256 commands of 256 KiB, 192 MiB in all.
"""


def events_queue(service: str) -> str:
    """Return the name of the queue of a service's events and, as its dead letters, of its timers."""
    return f"{service}.events"


def commands_queue(service: str) -> str:
    """Return the name of the queue of a service's commands."""
    return f"{service}.commands"


def bound_prefetch(queue: str, wanted: int) -> int:
    """Return the messages of a service's queue that the broker may hand over ahead of their acknowledgement.

    As many as are `wanted`, as long as their largest would fit into the process's budget.
    """
    if queue.endswith(".commands"):
        return min(wanted, COMMANDS_AHEAD_BYTES // MAX_COMMAND_BYTES)
    return min(wanted, EVENTS_AHEAD_BYTES // MAX_EVENT_BYTES)


def apart_exchange(reader: str) -> str:
    """Return the exchange that leads to that queue or stream alone: for the events that one of several refused.

    Of type `topic`, with the events' own routing keys, so that each service may publish its own events only.
    """
    return f"to.{reader}"


@cache
def readers_of(event_type: str) -> tuple[str, ...]:
    """Return the queues of the plan that an event of that type is for, by name; the log is among them."""
    bound = ((events_queue(service), keys) for service, keys in SUBSCRIPTIONS.items())
    return ARCHIVE_STREAM, *(name for name, keys in bound if any(binding_covers(key, event_type) for key in keys))


EXCHANGES: Final = {
    EVENTS_EXCHANGE: "topic",
    COMMANDS_EXCHANGE: "direct",
    ANSWERS_EXCHANGE: "direct",
    **{apart_exchange(name): "topic" for name in (ARCHIVE_STREAM, *map(events_queue, SUBSCRIPTIONS))},
}
"""Every exchange of the platform and its type."""


Arguments = dict[str, Any]
"""The `x-…` arguments of a queue."""


@dataclass(frozen=True)
class QueuePlan:
    """A queue as it has to be declared, with its bindings as (exchange, routing key)."""

    name: str
    arguments: Arguments
    bindings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """`dead` or `retry` for a queue of release 0.2.0, `main` where a service consumes it."""
        words = self.name.split(".")
        return "dead" if words[-1] == "dead" else "retry" if "retry" in words else "main"


def plan() -> list[QueuePlan]:
    """Return every queue of the platform. Those that only release 0.2.0 needs stand in `former_topology`."""
    queues = [_archive()]
    for service, keys in SUBSCRIPTIONS.items():
        name = events_queue(service)
        queues.append(_events(name, [*((EVENTS_EXCHANGE, key) for key in keys), (apart_exchange(name), "#")]))
    return [*queues, *(_commands(service) for service in COMMANDED)]


def apply(channel: Channel) -> list[QueuePlan]:
    """Declare the missing exchanges, queues and bindings, and return the plan.

    Where release 0.2.0 has run and its queues have not been retired, those as well. Raises amqp.PreconditionFailed
    where an exchange or queue exists with other arguments. May be repeated.
    """
    from shared.engine.amqp.former_topology import declare_former, is_former_here  # noqa: PLC0415 - extends this plan

    for exchange, kind in EXCHANGES.items():
        channel.exchange_declare(exchange, kind, durable=True, auto_delete=False)
    if is_former_here(channel.connection):
        declare_former(channel)
    queues = plan()
    for queue in queues:
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue.arguments)
        for exchange, key in queue.bindings:
            channel.queue_bind(queue.name, exchange, key)
    set_mark(channel)  # last: it promises that all the rest stands
    return queues


def mark() -> str:
    """Return the name of an exchange without bindings whose existence means that this plan has been applied.

    A service has no right to read bindings and arguments, but may ask whether an exchange exists. The marks of earlier
    plans stay, so that earlier releases still start during an upgrade.
    """
    # Of everything that is declared, so that any change of the plan gives another name.
    content = json.dumps([EXCHANGES, [asdict(queue) for queue in plan()]], sort_keys=True)
    return f"lianshan.topology.{sha256(content.encode()).hexdigest()[:12]}"


def set_mark(channel: Channel) -> None:
    """Declare the mark of this plan: the last step of applying it."""
    channel.exchange_declare(mark(), MARK_TYPE, durable=True, auto_delete=False)


def _events(name: str, bindings: list[tuple[str, str]]) -> QueuePlan:
    """Return a queue of events: it drops its oldest ones where too many wait, and its reader finds them in the log.

    Without a dead-letter exchange, which would get the dropped events. Both bounds hold: of messages for the memory of
    the broker, of bytes for its disk.
    """
    arguments: Arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": UNLIMITED,
        "x-max-length": MAX_LENGTH,
        "x-max-length-bytes": MAX_EVENTS_BYTES,
        "x-overflow": "drop-head",
    }
    return QueuePlan(name, arguments, bindings)


def _commands(service: str) -> QueuePlan:
    """Return a queue of commands: a full one refuses more, so that callers learn of it at once.

    Without a limit of deliveries, beyond which RabbitMQ would drop a command unanswered: one whose process dies with it
    is handled alone, and parked with an answer (`shared.engine.run.suspects`). In the queue each one expires.
    """
    name = commands_queue(service)
    arguments: Arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": UNLIMITED,
        "x-max-length": MAX_LENGTH,
        "x-overflow": "reject-publish",
    }
    return QueuePlan(name, arguments, [(COMMANDS_EXCHANGE, service)])


def _archive() -> QueuePlan:
    return QueuePlan(
        ARCHIVE_STREAM,
        {
            "x-queue-type": "stream",
            "x-max-length-bytes": ARCHIVE_BYTES,
            "x-stream-max-segment-size-bytes": ARCHIVE_SEGMENT_BYTES,
        },
        [(EVENTS_EXCHANGE, "#"), (apart_exchange(ARCHIVE_STREAM), "#")],
    )


def main(arguments: list[str]) -> int:
    """Run `apply`, which declares everything on LIANSHAN_AMQP_URI, or `show`, which prints the plan."""
    from shared.engine.amqp.broker import BrokerUnreachableError, connect  # noqa: PLC0415 - broker imports this module's names
    from shared.runtime.settings import ServerSettings, load  # noqa: PLC0415 - only the command reads the environment

    if arguments == ["show"]:
        for queue in plan():
            print(queue.name, queue.arguments, queue.bindings)
        return 0
    uri = load(ServerSettings).amqp_uri
    if arguments != ["apply"] or not uri:
        print("usage: LIANSHAN_AMQP_URI=amqp://… python -m shared.engine.amqp.topology apply|show", file=sys.stderr)
        return 2
    try:
        connection = connect(uri, "topology")
        apply(connection.channel())
        connection.close()
    except PreconditionFailed as error:
        print(f"a queue stands with other arguments: run `lianshan topology apply` ({error})", file=sys.stderr)
        return 1
    except (BrokerUnreachableError, OSError) as error:
        print(f"LIANSHAN_AMQP_URI: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
