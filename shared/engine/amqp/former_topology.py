"""The queues and exchanges that release 0.2.0 needs beside those of today's plan, and how they leave the broker.

0.2.0 put retries and dead letters into queues, and messages back into its own queues through an exchange. Its replicas
do so as long as they run beside those of today, during an upgrade. A platform on which 0.2.0 has never run has none of
them; the mark of its plan tells which platform is which. `lianshan topology retire` deletes all of them at the end.
"""

from dataclasses import replace
from typing import Final

from amqp import Channel, Connection
from amqp.exceptions import NotFound

from shared.contracts.subscriptions import COMMANDED, SUBSCRIPTIONS
from shared.engine.amqp.topology import EXCHANGES, UNLIMITED, QueuePlan, commands_queue, events_queue, plan

FORMER_MARK: Final = "lianshan.topology.f32f2e96d849"
"""The mark of the plan of 0.2.0, without which its services do not start."""
RETRY_DELAYS: Final = (1, 5, 30, 120)
"""Seconds before the first, second, third and fourth retry of 0.2.0."""
MAX_FORMER: Final = 100_000
"""Messages that a retry queue or the dead letters hold."""


def dead_queue(queue: str) -> str:
    """Return the name of the dead letters of a queue."""
    return f"{queue}.dead"


def retry_queue(queue: str, delay: int) -> str:
    """Return the name of the queue where a queue's messages wait `delay` seconds."""
    return f"{queue}.retry.{delay}s"


def requeue_exchange(queue: str) -> str:
    """Return the exchange through which a service of 0.2.0 puts messages into its own queues.

    Not the default exchange: a user who may publish there may put anything into any service's queue.
    """
    return f"{queue.partition('.')[0]}.letters"


FORMER_EXCHANGES: Final = {requeue_exchange(service): "direct" for service in SUBSCRIPTIONS}
"""Every exchange of 0.2.0 that today's plan lacks, and its type."""
EXCHANGES_BESIDE_FORMER: Final = {**EXCHANGES, **FORMER_EXCHANGES}


def former_plan() -> list[QueuePlan]:
    """Return every queue of 0.2.0 that today's plan lacks."""
    queues: list[QueuePlan] = []
    for service in SUBSCRIPTIONS:
        name = events_queue(service)
        queues += [_dead(name), *_retries(name)]
    return [*queues, *(_dead(commands_queue(service)) for service in COMMANDED)]


def plan_beside_former() -> list[QueuePlan]:
    """Return every queue of a platform on which replicas of 0.2.0 may run: today's are reached by its exchanges too."""
    own = {events_queue(s) for s in SUBSCRIPTIONS} | {commands_queue(s) for s in COMMANDED}
    today = [replace(q, bindings=[*q.bindings, _own(q.name)]) if q.name in own else q for q in plan()]
    return [*today, *former_plan()]


def is_former_here(connection: Connection) -> bool:
    """Return whether the plan of 0.2.0 was applied on that broker and has not been retired."""
    channel = connection.channel()
    try:
        channel.exchange_declare(FORMER_MARK, "fanout", passive=True)
    except NotFound:
        return False  # the broker has closed the channel
    channel.close()
    return True


def declare_former(channel: Channel) -> None:
    """Declare the queues and exchanges of 0.2.0. Raises amqp.PreconditionFailed as `topology.apply` does."""
    for exchange, kind in FORMER_EXCHANGES.items():
        channel.exchange_declare(exchange, kind, durable=True, auto_delete=False)
    for queue in plan_beside_former():
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue.arguments)
        for exchange, key in queue.bindings:
            channel.queue_bind(queue.name, exchange, key)


def _own(name: str) -> tuple[str, str]:
    return requeue_exchange(name), name


def _dead(name: str) -> QueuePlan:
    return QueuePlan(
        dead_queue(name),
        {
            "x-queue-type": "quorum",
            # An operator who reads a dead letter takes it and puts it back, as often as they like.
            "x-delivery-limit": UNLIMITED,
            "x-max-length": MAX_FORMER,
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
                # Expired messages are dead-lettered to the queue that they came from: that is the retry.
                "x-message-ttl": delay * 1000,
                "x-max-length": MAX_FORMER,
                "x-overflow": "reject-publish",
                # By the default exchange: the broker publishes, so no user needs a right.
                "x-dead-letter-exchange": "",
                "x-dead-letter-routing-key": name,
                "x-dead-letter-strategy": "at-least-once",
            },
            [_own(retry_queue(name, delay))],
        )
        for delay in RETRY_DELAYS
    ]
