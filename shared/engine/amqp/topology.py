"""All exchanges and queues, declared by one explicit step: `python -m shared.engine.amqp.topology apply`.

Services never declare; they check that their queues stand and say so clearly when they do not: a queue declared
with other arguments would block nameko's start for good.
"""

import json
import sys
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any, Final

from amqp import Channel
from amqp.exceptions import PreconditionFailed

from shared.contracts.subscriptions import (
    ANSWERS_EXCHANGE,
    ARCHIVE_STREAM,
    COMMANDED,
    COMMANDS_EXCHANGE,
    EVENTS_EXCHANGE,
    SUBSCRIPTIONS,
)

RETRY_DELAYS: Final = (1, 5, 30, 120)
"""Seconds before the first, second, … new try of a message that failed; then it is a dead letter."""
DELIVERY_LIMIT: Final = 30
"""How often a queue hands out a message whose consumer dies with it, before it becomes a dead letter."""
UNLIMITED: Final = 1_000_000_000
"""A delivery limit that is never reached. RabbitMQ 4 gives a queue without one a limit of 20, counts each look at a
message, and then drops it; RabbitMQ 3 takes -1, the word for "none" in 4, for less than one delivery.
https://www.rabbitmq.com/docs/quorum-queues#poison-message-handling
"""
MAX_LENGTH: Final = 1_000_000
MAX_DEAD: Final = 100_000
ARCHIVE_BYTES: Final = 20 * 1024**3
ARCHIVE_SEGMENT_BYTES: Final = 100 * 1024**2
MARK_TYPE: Final = "fanout"


def events_queue(service: str) -> str:
    return f"{service}.events"


def commands_queue(service: str) -> str:
    return f"{service}.commands"


def dead_queue(queue: str) -> str:
    return f"{queue}.dead"


def retry_queue(queue: str, delay: int) -> str:
    return f"{queue}.retry.{delay}s"


def letters_exchange(queue: str) -> str:
    """Through which its service puts messages back into its own queues.

    Not the default exchange: who may publish there may put anything into anybody's queue.
    """
    return f"{queue.partition('.')[0]}.letters"


EXCHANGES: Final = {
    EVENTS_EXCHANGE: "topic",
    COMMANDS_EXCHANGE: "direct",
    ANSWERS_EXCHANGE: "direct",
    **{letters_exchange(service): "direct" for service in SUBSCRIPTIONS},
}
"""Every exchange of the platform and its type."""


@dataclass(frozen=True)
class QueuePlan:
    """A queue as it shall stand, with its bindings as (exchange, routing key)."""

    name: str
    arguments: dict[str, Any]
    bindings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """`dead`, `retry`, or `main` where a service consumes it."""
        words = self.name.split(".")
        return "dead" if words[-1] == "dead" else "retry" if "retry" in words else "main"


def plan() -> list[QueuePlan]:
    """Every queue of the platform."""
    queues = [_archive()]
    for service, keys in SUBSCRIPTIONS.items():
        name = events_queue(service)
        queues += [
            _main(name, [(EVENTS_EXCHANGE, key) for key in keys], dead_letters=True),
            _dead(name),
            *_retries(name),
        ]
    for service in COMMANDED:
        name = commands_queue(service)
        queues += [_main(name, [(COMMANDS_EXCHANGE, service)], dead_letters=False), _dead(name)]
    return queues


def apply(channel: Channel) -> list[QueuePlan]:
    """Declare what is missing. Raises amqp.PreconditionFailed where something stands with other arguments."""
    for exchange, kind in EXCHANGES.items():
        channel.exchange_declare(exchange, kind, durable=True, auto_delete=False)
    queues = plan()
    for queue in queues:
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue.arguments)
        for exchange, key in queue.bindings:
            channel.queue_bind(queue.name, exchange, key)
    set_mark(channel)
    return queues


def mark() -> str:
    """The name of an exchange without bindings that says: this plan has been applied.

    A service may not look at bindings and arguments, but it may ask whether an exchange stands. Marks of earlier
    plans stay, so that earlier versions still start while an upgrade goes on.
    """
    told = json.dumps([EXCHANGES, [asdict(queue) for queue in plan()]], sort_keys=True)
    return f"lianshan.topology.{sha256(told.encode()).hexdigest()[:12]}"


def set_mark(channel: Channel) -> None:
    """The last step of applying the plan."""
    channel.exchange_declare(mark(), MARK_TYPE, durable=True, auto_delete=False)


def _main(name: str, bindings: list[tuple[str, str]], *, dead_letters: bool) -> QueuePlan:
    arguments: dict[str, Any] = {
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-max-length": MAX_LENGTH,
        "x-overflow": "reject-publish",
    }
    if dead_letters:
        # Commands have none: one that outlives its caller's deadline is not a dead letter, it is forgotten.
        arguments |= _dead_letters_to(dead_queue(name))
    return QueuePlan(name, arguments, [*bindings, _own(name)])


def _own(name: str) -> tuple[str, str]:
    return letters_exchange(name), name


def _dead_letters_to(queue: str) -> dict[str, Any]:
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
    }


def _dead(name: str) -> QueuePlan:
    return QueuePlan(
        dead_queue(name),
        {
            "x-queue-type": "quorum",
            # Whoever looks at a dead letter takes it and gives it back, as often as they like.
            "x-delivery-limit": UNLIMITED,
            "x-max-length": MAX_DEAD,
            "x-overflow": "reject-publish",
        },
        [_own(dead_queue(name))],
    )


def _retries(name: str) -> list[QueuePlan]:
    return [
        QueuePlan(
            retry_queue(name, delay),
            {
                "x-queue-type": "quorum",
                "x-message-ttl": delay * 1000,
                "x-max-length": MAX_DEAD,
                "x-overflow": "reject-publish",
                **_dead_letters_to(name),
            },
            [_own(retry_queue(name, delay))],
        )
        for delay in RETRY_DELAYS
    ]


def _archive() -> QueuePlan:
    return QueuePlan(
        ARCHIVE_STREAM,
        {
            "x-queue-type": "stream",
            "x-max-length-bytes": ARCHIVE_BYTES,
            "x-stream-max-segment-size-bytes": ARCHIVE_SEGMENT_BYTES,
        },
        [(EVENTS_EXCHANGE, "#")],
    )


def main(arguments: list[str]) -> int:
    """`apply` declares everything on LIANSHAN_AMQP_URI; `show` prints the plan."""
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
