"""Whether a platform is at rest: no message on its way, no event unpublished."""

from collections.abc import Iterator

from deploy.lianshan.dead_letters.stored import count_letters, count_retries
from deploy.lianshan.stores import SERVICES, Stores, open_stores
from shared.contracts.reasons import Reason, reason
from shared.contracts.subscriptions import ARCHIVE_STREAM
from shared.engine.amqp.broker import connect
from shared.engine.amqp.depth import read_depth
from shared.engine.amqp.former_topology import is_former_here, plan_beside_former
from shared.engine.amqp.topology import plan
from shared.engine.store.collections import OUTBOX

_MAX_COUNTED = 1000


def find_pending_work(mongo_uri: str, prefix: str, amqp_uri: str) -> list[Reason]:
    """Return the queues, outboxes and lists of retries that hold something; none at rest.

    A message in a consumer's hands stands in no queue: ask twice, a moment apart, where that matters. Raises
    pymongo.errors.PyMongoError, BrokerUnreachableError, amqp.NotFound, DepthUnknownError.
    """
    depths = read_depths(amqp_uri)
    waiting = [
        reason("queue_not_empty", queue=queue, count=depth)
        for queue, depth in depths.items()
        if depth and _is_consumed(queue)
    ]
    with open_stores(mongo_uri, prefix) as stores:
        retries = (reason("retries_wait", queue=queue, count=count) for queue, count in count_retries(stores).items())
        return [*waiting, *find_unpublished(stores), *retries]


def find_unpublished(stores: Stores) -> Iterator[Reason]:
    """Yield each outbox that is not empty."""
    for service in SERVICES:
        if rows := stores.collection(service, OUTBOX).count_documents({}, limit=_MAX_COUNTED):
            yield reason("outbox_not_empty", service=service, count=rows)


def find_dead_letters(stores: Stores) -> Iterator[Reason]:
    """Yield each queue that messages came from which are dead letters now."""
    for queue, count in count_letters(stores).items():
        yield reason("dead_letters_wait", queue=queue, count=count)


def read_depths(amqp_uri: str) -> dict[str, int]:
    """Return the number of waiting messages of each queue.

    Raises BrokerUnreachableError, amqp.NotFound, DepthUnknownError.
    """
    connection = connect(amqp_uri, "laws")
    try:
        channel = connection.channel()
        queues = [queue.name for queue in (plan_beside_former() if is_former_here(connection) else plan())]
        return {name: read_depth(channel, name)[0] for name in queues}
    finally:
        connection.close()


def _is_consumed(queue: str) -> bool:
    return queue != ARCHIVE_STREAM  # it keeps everything and never empties
