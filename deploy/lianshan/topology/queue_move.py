"""The move of a queue: replaced by one with other arguments, with all its messages.

RabbitMQ cannot change a queue's arguments. So a second queue, `….moving`, is bound as the first, takes its messages,
and gives them back to a new queue of the same name. At every moment each message stands in one of the two, confirmed,
and some may stand in both: the inbox knows them. A move that is interrupted is finished by the next run.
"""

import socket
import time
from collections import deque
from contextlib import suppress
from typing import Final

from amqp import Channel, Connection, Message
from amqp.exceptions import ResourceLocked

from deploy.lianshan.topology.drift import MOVING
from deploy.lianshan.topology.queue_depth import delete_if_empty, read_depth
from deploy.lianshan.topology.state import probe
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher
from shared.engine.amqp.former_topology import RETRY_DELAYS, retry_queue
from shared.engine.amqp.topology import UNLIMITED, QueuePlan, commands_queue, events_queue

LOCK: Final = "lianshan.repair"
BATCH: Final = 500
"""Messages that are in hand at once."""
DELETE_TRIES: Final = 5
QUIET_SECONDS: Final = 0.5
"""A queue that gives nothing for so long while nobody writes to it is empty."""
GONE_SECONDS: Final = 2.0
"""A consumer that has left may be counted for a moment longer."""
RETRIES_SECONDS: Final = max(RETRY_DELAYS) + 30.0
"""After so long every message that waited for its next try has come back."""
_ROUTING_KEY: Final = "x-lianshan-routing-key"


class CannotMoveError(RuntimeError):
    """The queue stays as it is; the message names the reason and the next step."""


def lock(connection: Connection) -> None:
    """Keep other repairs out as long as the connection lives. Raises CannotMoveError where one is at work.

    The lock is an exclusive queue: the broker removes it with the connection, however this process ends.
    """
    try:
        connection.channel().queue_declare(LOCK, exclusive=True, auto_delete=True, durable=False)
    except ResourceLocked:
        raise CannotMoveError("another `lianshan` repairs at this moment: try again when it is done.") from None


def move(connection: Connection, queue: QueuePlan) -> int:
    """Replace the queue by one as planned and return the number of messages that it kept.

    Its service must be paused or stopped. Raises CannotMoveError, an error of BROKER_ERRORS.
    """
    if queue.arguments["x-queue-type"] == "stream":
        raise CannotMoveError(
            f"{queue.name} is a stream with other arguments, and streams cannot be copied: set its limits by a policy, "
            f"or delete it (`rabbitmqctl delete_queue {queue.name}`; its history goes, the feed keeps every event)."
        )
    _require_no_work(connection, queue)
    if queue.name in {events_queue(_service(queue)), *_retries(queue)}:
        _wait_for_retries(connection, queue)
    aside = QueuePlan(
        f"{queue.name}{MOVING}", {"x-queue-type": "quorum", "x-delivery-limit": UNLIMITED}, queue.bindings
    )
    standing = probe(connection, queue)
    if standing is not None and standing != queue.arguments:
        # Bound first, unbound then: an event that comes in between stands in both and not in none.
        _declare(connection, aside)
        _unbind(connection, queue)
        _empty_and_delete(connection, queue.name, aside.name)
    _declare(connection, queue)
    return _bring_back(connection, aside, queue)


def carry(connection: Connection, source: str, target: str) -> int:
    """Carry every message from one queue to the other and return their number.

    Each is acknowledged once its copy is confirmed. Raises CannotMoveError where the target does not take them.
    """
    channel = connection.channel()
    channel.auto_decode = False
    channel.basic_qos(0, BATCH, a_global=False)
    publisher = Publisher(connection)
    waiting: deque[Message] = deque()
    channel.basic_consume(source, callback=waiting.append)
    carried, quiet_at = 0, time.monotonic() + QUIET_SECONDS
    while waiting or time.monotonic() < quiet_at:
        if not waiting:
            with suppress(socket.timeout):
                connection.drain_events(timeout=max(0.01, quiet_at - time.monotonic()))
            continue
        taken = [waiting.popleft() for _ in range(len(waiting))]
        _hand_over(channel, publisher, taken, target)
        carried += len(taken)
        quiet_at = time.monotonic() + QUIET_SECONDS
    channel.close()
    return carried


def _hand_over(channel: Channel, publisher: Publisher, taken: list[Message], target: str) -> None:
    if publisher.publish([_copy(message, target) for message in taken]):
        raise CannotMoveError(f"{target} does not take all the messages; they stay where they are: is it full?")
    channel.basic_ack(taken[-1].delivery_tag, multiple=True)


def _copy(message: Message, target: str) -> Outgoing:
    properties = dict(message.properties)
    headers = dict(properties.get("application_headers") or {})
    # The copy goes straight to its queue, so its first routing key would be lost.
    headers.setdefault(_ROUTING_KEY, message.delivery_info["routing_key"])
    properties |= {"application_headers": headers, "delivery_mode": PERSISTENT}
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    return Outgoing("", target, body, properties)


def _bring_back(connection: Connection, aside: QueuePlan, queue: QueuePlan) -> int:
    if read_depth(connection, aside.name) is None:
        return 0
    _unbind(connection, aside)
    return _empty_and_delete(connection, aside.name, queue.name)


def _empty_and_delete(connection: Connection, name: str, target: str) -> int:
    carried = 0
    # An event that was on its way while the bindings went may come a moment late: then the queue is carried again.
    for _ in range(DELETE_TRIES):
        carried += carry(connection, name, target)
        _require_no_consumer(connection, name)
        if read_depth(connection, name) == (0, 0) and delete_if_empty(connection, name):
            return carried
    raise CannotMoveError(f"{name} is written to again and again: stop who writes, then apply again.")


def _unbind(connection: Connection, queue: QueuePlan) -> None:
    channel = connection.channel()
    for exchange, key in queue.bindings:
        channel.queue_unbind(queue.name, exchange, key)
    channel.close()


def _declare(connection: Connection, queue: QueuePlan) -> None:
    channel = connection.channel()
    channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue.arguments)
    for exchange, key in queue.bindings:
        channel.queue_bind(queue.name, exchange, key)
    channel.close()


def _require_no_work(connection: Connection, queue: QueuePlan) -> None:
    service = _service(queue)
    try:
        for name in (events_queue(service), commands_queue(service), queue.name):
            _require_no_consumer(connection, name)
    except CannotMoveError as error:
        raise CannotMoveError(
            f"{queue.name} must be replaced, and {error}: `lianshan pause {service}`, `lianshan topology apply`, "
            f"`lianshan resume {service}`."
        ) from None


def _require_no_consumer(connection: Connection, name: str) -> None:
    end_at = time.monotonic() + GONE_SECONDS
    while (read_depth(connection, name) or (0, 0))[1]:
        if time.monotonic() > end_at:
            raise CannotMoveError(f"somebody takes messages from {name}")
        time.sleep(0.05)


def _wait_for_retries(connection: Connection, queue: QueuePlan) -> None:
    """Wait until no message is on its way back from a retry queue: it would come to a queue that is gone."""
    end_at = time.monotonic() + RETRIES_SECONDS
    names = _retries(queue)
    while any((read_depth(connection, name) or (0, 0))[0] for name in names):
        if time.monotonic() > end_at:
            raise CannotMoveError(
                f"messages wait in {', '.join(sorted(names))} for longer than they should: look there."
            )
        time.sleep(QUIET_SECONDS)
        # A connection that says nothing for longer than two heartbeats is closed, and the lock goes with it.
        connection.heartbeat_tick()


def _retries(queue: QueuePlan) -> set[str]:
    return {retry_queue(events_queue(_service(queue)), delay) for delay in RETRY_DELAYS}


def _service(queue: QueuePlan) -> str:
    return queue.name.partition(".")[0]
