"""Someone who speaks AMQP with the tiny service of `engine_support`, and the messages that are sent to it."""

import json
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import amqp
from actors import HEADERS
from boxes import AREA, SERVICE
from engine_support import PATIENCE

from shared.contracts import Command, to_cloud_event
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.envelope import CloudEvent
from shared.contracts.stations.needs import EvaluateNeed
from shared.contracts.subscriptions import COMMANDS_EXCHANGE, EVENTS_EXCHANGE
from shared.engine.store.outbox import to_outgoing, to_rows


class Stranger:
    """Someone who publishes and listens with plain AMQP."""

    def __init__(self, uri: str) -> None:
        parts = urlsplit(uri)
        # Without heartbeats: a test has no time for them while it waits for something else.
        self.connection = amqp.Connection(
            f"{parts.hostname}:{parts.port}", parts.username, parts.password, virtual_host=parts.path[1:], heartbeat=0
        )
        self.connection.connect()
        self.channel = self.connection.channel()
        self.channel.auto_decode = False
        self.reply_to = self.channel.queue_declare("", exclusive=True).queue
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.channel.basic_consume(self.reply_to, callback=self._answered, no_ack=True)
        self._sent = 0

    def command(self, data: Command, key: str | None = None, **properties: Any) -> str:
        """Ask; gives the correlation id under which the answer will be."""
        self._sent += 1
        correlation = str(self._sent)
        given = {
            "content_type": "application/json",
            "type": data.type,
            "message_id": key or f"key-{correlation}",
            "correlation_id": correlation,
            "reply_to": self.reply_to,
            "delivery_mode": 2,
        } | properties
        given["application_headers"] = HEADERS | (properties.get("application_headers") or {})
        given = {name: value for name, value in given.items() if value is not None}
        self.channel.basic_publish(
            amqp.Message(data.model_dump_json(), **given), exchange=COMMANDS_EXCHANGE, routing_key=SERVICE
        )
        return correlation

    def answer(self, correlation: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """The first answer."""
        self.wait(lambda: correlation in self.answers, f"answer {correlation}", seconds)
        return self.answers[correlation][0]

    def ask(self, data: Command, key: str | None = None, **properties: Any) -> dict[str, Any]:
        """Ask and wait."""
        return self.answer(self.command(data, key, **properties))

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
        """Listen until it holds."""
        end_at = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end_at, f"waited {seconds:g} s in vain for: {what}"
            self.listen(0.05)

    def listen(self, seconds: float) -> None:
        """Take in answers for so long."""
        with suppress(socket.timeout):
            self.connection.drain_events(timeout=seconds)

    def event(self, event: CloudEvent) -> None:
        """Publish as a service would."""
        outgoing = to_outgoing(to_rows([event])[0])
        self.raw(outgoing.body, outgoing.routing_key, **outgoing.properties)

    def raw(self, body: bytes, routing_key: str, exchange: str = EVENTS_EXCHANGE, **properties: Any) -> None:
        """Publish any message."""
        self.channel.basic_publish(amqp.Message(body, **properties), exchange=exchange, routing_key=routing_key)

    def depth(self, queue: str) -> int:
        """How many messages are ready in it."""
        with self.connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)

    def take_all(self, queue: str) -> list[Any]:
        """Everything that is ready in it."""
        found = []
        with self.connection.channel() as channel:
            channel.auto_decode = False
            while (message := channel.basic_get(queue, no_ack=True)) is not None:
                found.append(message)
        return found

    def heard(self, queue: str = "gateway.events") -> list[CloudEvent]:
        """Every event that is ready in the queue."""
        return [CloudEvent.model_validate_json(bytes(m.body)) for m in self.take_all(queue)]

    def close(self) -> None:
        """Leave."""
        self.connection.close()

    def _answered(self, message: Any) -> None:
        self.answers.setdefault(message.properties["correlation_id"], []).append(json.loads(bytes(message.body)))


def linked(need_id: str, version: int = 1) -> CloudEvent:
    """An event as charity would have sent it."""
    return to_cloud_event(
        ResourcesLinked(need_id=need_id, version=version, state="partial", area=AREA),
        subject=need_id, version=version, nth=0, time=datetime.now(UTC), area=AREA,
        correlation=f"about-{need_id}", causation="cause", traceparent="",
    )  # fmt: skip


def fill(box: str, amount: int = 1, comment: str = "") -> EvaluateNeed:
    """The command that puts so much into the box."""
    return EvaluateNeed(need_id=box, rating=amount, comment=comment)


def events_of(box: str, heard: Sequence[CloudEvent]) -> list[int]:
    """The versions of the box that were told, each once, in order."""
    return sorted({e.version for e in heard if e.subject == box and e.source.startswith("/stations/")})
