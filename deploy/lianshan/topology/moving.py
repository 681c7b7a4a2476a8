"""Makes a queue anew with other arguments, with all the messages it holds.

RabbitMQ cannot change a queue's arguments. So a second queue, `….moving`, is bound as the first, takes its messages,
and gives them back to a new one of the same name. At every moment each message stands in one of them, confirmed, and
some may stand in both: the inbox knows them. What is interrupted is finished by the next run.
"""

import socket
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

from amqp import Channel, Connection
from amqp.exceptions import ResourceLocked

from deploy.lianshan.topology.drift import MOVING
from deploy.lianshan.topology.standing import depth, probe
from shared.engine.amqp.broker import PERSISTENT, Outgoing, Publisher
from shared.engine.amqp.topology import RETRY_DELAYS, UNLIMITED, QueuePlan, commands_queue, events_queue, retry_queue

LOCK: Final = "lianshan.repair"
BATCH: Final = 500
DELETE_TRIES: Final = 5
QUIET_SECONDS: Final = 0.5
"""A queue that gives nothing for so long while nobody writes to it is empty."""
GONE_SECONDS: Final = 2.0
"""A consumer that has left may be counted for a moment longer."""
RETRIES_SECONDS: Final = max(RETRY_DELAYS) + 30.0
_ROUTING_KEY: Final = "x-lianshan-routing-key"


class CannotMoveError(RuntimeError):
    """The queue stays as it is; says why and what to do."""


def lock(connection: Connection) -> None:
    """Keep other repairs out as long as the connection lives. Raises CannotMoveError where one is at work."""
    try:
        connection.channel().queue_declare(LOCK, exclusive=True, auto_delete=True, durable=False)
    except ResourceLocked:
        raise CannotMoveError("another `lianshan` repairs at this moment: try again when it is done.") from None


def move(connection: Connection, queue: QueuePlan) -> int:
    """Make it as planned; how many messages were taken along. Raises CannotMoveError, an error of BROKER_ERRORS."""
    if queue.arguments["x-queue-type"] == "stream":
        raise CannotMoveError(
            f"{queue.name} is a stream with other arguments, and streams cannot be copied: set its limits by a policy, "
            f"or delete it (`rabbitmqctl delete_queue {queue.name}`; its history goes, the feed keeps every event)."
        )
    _nobody_at_work(connection, queue)
    if queue.name in {events_queue(_service(queue)), *_retries(queue)}:
        _wait_for_retries(connection, queue)
    aside = QueuePlan(
        f"{queue.name}{MOVING}", {"x-queue-type": "quorum", "x-delivery-limit": UNLIMITED}, queue.bindings
    )
    stands = probe(connection, queue)
    if stands is not None and stands != queue.arguments:
        _declare(connection, aside)
        _unbind(connection, queue)
        _empty_and_delete(connection, queue.name, aside.name)
    _declare(connection, queue)
    return _bring_back(connection, aside, queue)


def carry(connection: Connection, source: str, target: str) -> int:
    """Every message from one queue to the other, each acknowledged once its copy is confirmed; how many it was."""
    channel = connection.channel()
    channel.auto_decode = False
    channel.basic_qos(0, BATCH, a_global=False)
    publisher = Publisher(connection)
    waiting: deque[Any] = deque()
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


def _hand_over(channel: Channel, publisher: Publisher, taken: list[Any], target: str) -> None:
    if publisher.publish([_copy(message, target) for message in taken]):
        raise CannotMoveError(f"{target} does not take all the messages; they stay where they are: is it full?")
    channel.basic_ack(taken[-1].delivery_tag, multiple=True)


def _copy(message: Any, target: str) -> Outgoing:
    properties = dict(message.properties)
    headers = dict(properties.get("application_headers") or {})
    headers.setdefault(_ROUTING_KEY, message.delivery_info["routing_key"])
    properties |= {"application_headers": headers, "delivery_mode": PERSISTENT}
    body = message.body if isinstance(message.body, bytes) else str(message.body).encode()
    return Outgoing("", target, body, properties)


def _bring_back(connection: Connection, aside: QueuePlan, queue: QueuePlan) -> int:
    if depth(connection, aside.name) is None:
        return 0
    _unbind(connection, aside)
    return _empty_and_delete(connection, aside.name, queue.name)


def _empty_and_delete(connection: Connection, name: str, target: str) -> int:
    """What was on its way while the bindings went may come a moment late, and then once more."""
    carried = 0
    for _ in range(DELETE_TRIES):
        carried += carry(connection, name, target)
        _nobody_listens(connection, name)
        if depth(connection, name) == (0, 0):
            _delete(connection, name)
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


def _delete(connection: Connection, name: str) -> None:
    channel = connection.channel()
    channel.queue_delete(name)
    channel.close()


def _nobody_at_work(connection: Connection, queue: QueuePlan) -> None:
    service = _service(queue)
    try:
        for name in (events_queue(service), commands_queue(service), queue.name):
            _nobody_listens(connection, name)
    except CannotMoveError as error:
        raise CannotMoveError(
            f"{queue.name} must be made anew, and {error}: `lianshan pause {service}`, `lianshan topology apply`, "
            f"`lianshan resume {service}`."
        ) from None


def _nobody_listens(connection: Connection, name: str) -> None:
    end_at = time.monotonic() + GONE_SECONDS
    while (depth(connection, name) or (0, 0))[1]:
        if time.monotonic() > end_at:
            raise CannotMoveError(f"somebody takes messages from {name}")
        time.sleep(0.05)


def _wait_for_retries(connection: Connection, queue: QueuePlan) -> None:
    """What waits for its next try comes back to the queue by itself; nothing may be on that way meanwhile."""
    end_at = time.monotonic() + RETRIES_SECONDS
    names = _retries(queue)
    while any((depth(connection, name) or (0, 0))[0] for name in names):
        if time.monotonic() > end_at:
            raise CannotMoveError(
                f"messages wait in {', '.join(sorted(names))} for longer than they should: look there."
            )
        time.sleep(QUIET_SECONDS)
        connection.heartbeat_tick()


def _retries(queue: QueuePlan) -> set[str]:
    return {retry_queue(events_queue(_service(queue)), delay) for delay in RETRY_DELAYS}


def _service(queue: QueuePlan) -> str:
    return queue.name.partition(".")[0]
