"""The gateway's one AMQP connection on asyncio: requests out, answers in on a shared queue of its own."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Self, cast
from uuid import uuid4

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from aiormq.exceptions import AMQPError, DeliveryError, PublishError
from pamqp.commands import Basic
from prometheus_client import Gauge

from services.gateway.background import end
from shared.contracts import Refused
from shared.contracts.subscriptions import ANSWER_THERE, ANSWERS_EXCHANGE
from shared.runtime.addresses import amqp_context, without_query
from shared.runtime.clock import Clock
from shared.runtime.logging import describe, get_logger

RPC_EXCHANGE: Final = "nameko-rpc"
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
CONNECT_SECONDS: Final = 10.0
BLOCKED_SECONDS: Final = 0.1
_IN_FLIGHT: Final = Gauge("lianshan_gateway_in_flight", "Requests that wait for a service's answer.")
_LOST: Final = (AMQPError, OSError, asyncio.TimeoutError)


@dataclass(frozen=True, slots=True)
class Request:
    """A message that wants an answer. `message_id` makes it the same request when it is sent again."""

    exchange: str
    routing_key: str
    body: bytes
    type: str = ""
    message_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Broker:
    """One AMQP connection on asyncio, kept up in the background while the context is open.

    Answers come on one exclusive queue of this process and are matched by their correlation id, so that a request
    costs no queue of its own.
    """

    def __init__(self, uri: str, max_in_flight: int, clock: Clock) -> None:
        self._uri = uri
        self._max_in_flight = max_in_flight
        self._clock = clock
        self._answers: dict[str, asyncio.Future[bytes]] = {}
        self._channel: AbstractChannel | None = None
        self._connection: AbstractConnection | None = None
        self._reply_to = ""
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._keeper = asyncio.create_task(self._keep_connected(), name="broker")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._keeper is not None:
            await end(self._keeper)

    @property
    def connected(self) -> bool:
        """Whether requests can be sent now."""
        return self._channel is not None and not self._channel.is_closed

    async def is_blocked(self) -> bool:
        """Return whether RabbitMQ, alarmed, takes nothing from this connection. Takes BLOCKED_SECONDS at most."""
        connection = self._connection
        if connection is None or connection.is_closed:
            return False  # that trouble has refusals of its own
        try:
            async with asyncio.timeout(BLOCKED_SECONDS):
                await connection.ready()
        except TimeoutError:
            return True
        return False

    async def ask(self, request: Request, seconds: float) -> bytes:
        """Send the request and return the body of its answer, waiting at most `seconds`.

        Raises Refused: `unavailable` where the request could not be sent or too many wait already, `deadline` where no
        answer came in time. Both are worded for the caller.
        """
        if len(self._answers) >= self._max_in_flight:
            raise Refused("unavailable", "too_many_waiting")
        correlation = uuid4().hex
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._answers[correlation] = answer
        _IN_FLIGHT.inc()
        try:
            async with asyncio.timeout(seconds):
                await self._publish(request, correlation, seconds)
                return await answer
        except TimeoutError:
            raise Refused(
                "deadline", "no_answer_in_time", service=request.routing_key.partition(".")[0], seconds=ceil(seconds)
            ) from None
        finally:
            del self._answers[correlation]
            _IN_FLIGHT.dec()

    async def _publish(self, request: Request, correlation: str, seconds: float) -> None:
        channel = self._channel
        if channel is None or channel.is_closed:
            raise _unreachable()
        now = self._clock.city()
        # Not persistent: the caller waits, and after the deadline the broker drops the message by its expiration.
        properties = Basic.Properties(
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=1,
            correlation_id=correlation,
            reply_to=self._reply_to,
            expiration=str(int(seconds * 1000)),
            message_id=request.message_id or correlation,
            message_type=request.type or None,
            timestamp=now,
            headers={**request.headers, ANSWER_THERE: True, "sent_millis": int(now.timestamp() * 1000)},
        )
        try:
            await channel.basic_publish(
                request.body,
                exchange=request.exchange,
                routing_key=request.routing_key,
                properties=properties,
                mandatory=True,  # without a queue it comes back at once instead of being lost until the deadline
            )
        except (PublishError, DeliveryError):
            # Returned: no queue takes it. Refused by the broker: the queue is full.
            name = request.routing_key.partition(".")[0]
            raise Refused("unavailable", "takes_no_requests", service=name) from None
        except (AMQPError, OSError):
            raise _connection_lost() from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if channel.is_closed and task is not None and not task.cancelling():
                raise _connection_lost() from None  # the library's way to say that the channel went away
            raise

    # ---- the connection ----------------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        pause = FIRST_PAUSE
        while True:
            connection: AbstractConnection | None = None
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    connection = await aiormq.connect(without_query(self._uri), context=amqp_context(self._uri))
                    channel = await self._open(connection)
                self._channel, self._connection, pause = channel, connection, FIRST_PAUSE
                get_logger().info("broker_connected")
                await _wait_closed(channel)
                get_logger().warning("broker_lost")
            except _LOST as error:
                get_logger().warning("broker_unreachable", error=describe(error), pause=round(pause, 1))
            finally:
                self._channel = self._connection = None
                self._fail_all()
                await _close(connection)
            # Spread, so that the replicas do not all come back to a restarted broker at the same instant.
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _open(self, connection: AbstractConnection) -> AbstractChannel:
        channel = await connection.channel(publisher_confirms=True)
        await channel.exchange_declare(exchange=RPC_EXCHANGE, exchange_type="topic", durable=True)
        name = f"gateway.replies.{uuid4().hex}"
        await channel.queue_declare(name, exclusive=True, auto_delete=True)
        # nameko answers through its own exchange, the engine through another: both with this key.
        for exchange in (RPC_EXCHANGE, ANSWERS_EXCHANGE):
            await channel.queue_bind(name, exchange, routing_key=name)
        await channel.basic_consume(name, self._on_answer, no_ack=True, exclusive=True)
        self._reply_to = name
        return channel

    async def _on_answer(self, message: DeliveredMessage) -> None:
        correlation = message.header.properties.correlation_id or ""
        waiting = self._answers.get(correlation)
        if waiting is not None and not waiting.done():
            waiting.set_result(message.body)

    def _fail_all(self) -> None:
        # Their answers went to the queue that is gone with the connection.
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(_connection_lost())


def _connection_lost() -> Refused:
    return Refused("unavailable", "connection_lost")


def _unreachable() -> Refused:
    return Refused("unavailable", "services_unreachable")


async def _wait_closed(channel: AbstractChannel) -> None:
    """Wait until the channel or its connection is closed, by either side.

    `wait` and not `await`: a future that the library cancelled must not look like our own cancellation.
    """
    closing = cast("asyncio.Future[None]", channel.closing)
    await asyncio.wait({closing})


async def _close(connection: AbstractConnection | None) -> None:
    if connection is not None and not connection.is_closed:
        with suppress(*_LOST):
            async with asyncio.timeout(2):
                await connection.close()
