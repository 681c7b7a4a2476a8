"""Whether a platform is at rest: no message on its way, no event unpublished."""

from collections.abc import Iterator

from deploy.lianshan.stores import SERVICES, Stores, open_stores
from shared.contracts.reasons import Reason, reason
from shared.contracts.subscriptions import ARCHIVE_STREAM
from shared.engine.amqp.broker import connect
from shared.engine.amqp.topology import plan
from shared.engine.store.collections import OUTBOX

_MAX_COUNTED = 1000


def find_pending_work(mongo_uri: str, prefix: str, amqp_uri: str) -> list[Reason]:
    """Return the queues and outboxes that hold something; none at rest.

    A message in a consumer's hands stands in no queue: ask twice, a moment apart, where that matters. Raises
    pymongo.errors.PyMongoError, BrokerUnreachableError, amqp.NotFound.
    """
    depths = read_depths(amqp_uri)
    waiting = [
        reason("queue_not_empty", queue=queue, count=depth)
        for queue, depth in depths.items()
        if depth and _is_consumed(queue)
    ]
    with open_stores(mongo_uri, prefix) as stores:
        return [*waiting, *find_unpublished(stores)]


def find_unpublished(stores: Stores) -> Iterator[Reason]:
    """Yield each outbox that is not empty."""
    for service in SERVICES:
        if rows := stores.collection(service, OUTBOX).count_documents({}, limit=_MAX_COUNTED):
            yield reason("outbox_not_empty", service=service, count=rows)


def find_dead_letters(amqp_uri: str) -> Iterator[Reason]:
    """Yield each queue of dead letters that is not empty."""
    for queue, depth in read_depths(amqp_uri).items():
        if depth and queue.endswith(".dead"):
            yield reason("dead_letters_wait", queue=queue, count=depth)


def read_depths(amqp_uri: str) -> dict[str, int]:
    """Return the number of waiting messages of each queue. Raises BrokerUnreachableError, amqp.NotFound."""
    connection = connect(amqp_uri, "laws")
    try:
        channel = connection.channel()
        queues = [queue.name for queue in plan()]
        return {name: channel.queue_declare(name, passive=True).message_count for name in queues}
    finally:
        connection.close()


def _is_consumed(queue: str) -> bool:
    # Dead letters wait for an operator and the archive keeps everything: neither empties by itself.
    return not queue.endswith(".dead") and queue != ARCHIVE_STREAM
