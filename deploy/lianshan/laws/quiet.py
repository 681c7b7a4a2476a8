"""Whether a platform is at rest: no message on its way, nothing unsaid."""

from collections.abc import Iterator

from deploy.lianshan.laws.stores import SERVICES, Stores, opened
from shared.contracts.subscriptions import ARCHIVE_STREAM
from shared.engine.amqp.broker import connect
from shared.engine.amqp.topology import plan


def left_to_do(mongo_uri: str, prefix: str, amqp_uri: str) -> list[str]:
    """What is still on its way, in words; empty at rest.

    A message in a consumer's hands stands in no queue: ask twice, a moment apart, where that matters.
    """
    busy = [f"{queue} holds {depth} messages" for queue, depth in depths(amqp_uri).items() if depth and _works(queue)]
    with opened(mongo_uri, prefix) as stores:
        return [*busy, *unsaid(stores)]


def unsaid(stores: Stores) -> Iterator[str]:
    """Outboxes that are not empty."""
    for service in SERVICES:
        if rows := stores.collection(service, "outbox").count_documents({}, limit=1000):
            yield f"the outbox of {service} holds {rows} batches that were not published"


def dead_letters(amqp_uri: str) -> Iterator[str]:
    """Dead-letter queues that are not empty."""
    for queue, depth in depths(amqp_uri).items():
        if depth and queue.endswith(".dead"):
            yield f"{queue} holds {depth} dead letters"


def depths(amqp_uri: str) -> dict[str, int]:
    """How many messages wait in each queue of the platform. Raises BrokerUnreachableError, amqp.NotFound."""
    connection = connect(amqp_uri, "laws")
    try:
        channel = connection.channel()
        queues = [queue.name for queue in plan()]
        return {name: channel.queue_declare(name, passive=True).message_count for name in queues}
    finally:
        connection.close()


def _works(queue: str) -> bool:
    return not queue.endswith(".dead") and queue != ARCHIVE_STREAM
