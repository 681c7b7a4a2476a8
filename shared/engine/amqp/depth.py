"""The depth of a queue, as its leader gives it.

RabbitMQ waits 250 milliseconds for the leader of a quorum queue and then answers 0 messages and 0 consumers, as for an
empty queue: the busiest queues of all would look idle.
https://github.com/rabbitmq/rabbitmq-server/blob/v3.10.8/deps/rabbit/src/rabbit_quorum_queue.erl#L1119
"""

from time import monotonic
from typing import Final

from amqp import Channel

LEADER_SECONDS: Final = 0.2
"""An answer of nothing that takes as long is not believed: a little less than RabbitMQ waits for the leader."""
TRIES: Final = 4


class DepthUnknownError(OSError):
    """The leader of the queue does not answer in time: its depth is not known. One of BROKER_ERRORS."""


def read_depth(channel: Channel, queue: str) -> tuple[int, int]:
    """Return the numbers of ready messages and of consumers. Messages that a consumer holds are not counted.

    While a queue has no leader at all, for the seconds of an election, both are 0: before a queue is deleted as empty,
    another proof of its emptiness is needed. Raises DepthUnknownError after TRIES, at most a second; an error
    of BROKER_ERRORS, amqp.NotFound among them: then the broker has closed the channel.
    """
    for _ in range(TRIES):
        asked_at = monotonic()
        # A passive declaration changes nothing and returns the counts.
        _, messages, consumers = channel.queue_declare(queue, passive=True)
        if messages or consumers or monotonic() - asked_at < LEADER_SECONDS:
            return int(messages), int(consumers)
    raise DepthUnknownError(f"the depth of {queue} is unknown: its leader is too busy to answer")
