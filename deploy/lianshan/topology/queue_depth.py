"""The depth of one queue of the broker, and its deletion where it is empty."""

from amqp import Connection
from amqp.exceptions import NotFound

from shared.engine.amqp import depth


def read_depth(connection: Connection, queue: str) -> tuple[int, int] | None:
    """Return the numbers of ready messages and of consumers; None where the queue does not stand.

    Raises DepthUnknownError.
    """
    channel = connection.channel()
    try:
        found = depth.read_depth(channel, queue)
    except NotFound:
        return None  # the broker has closed the channel
    channel.close()
    return found


def delete_if_empty(connection: Connection, queue: str) -> bool:
    """Delete the queue unless it holds a ready message; return whether it is deleted.

    A quorum queue knows no deletion under that condition, and its depth reads 0 while it has no leader. A fetch is
    answered by its majority, or fails. Nobody may publish to it meanwhile. Raises AMQPError.
    """
    channel = connection.channel()
    message = channel.basic_get(queue)
    if message is None:
        channel.queue_delete(queue)
    channel.close()  # which puts a fetched message back
    return message is None
