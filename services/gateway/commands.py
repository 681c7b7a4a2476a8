"""Writes: a command to the service that owns the thing, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final
from uuid import uuid4

from pydantic_core import from_json, to_json

from services.gateway.broker import Broker, Request
from services.gateway.pauses import Pauses
from services.gateway.tracing import Tracer
from shared.contracts import Command, Refused
from shared.contracts.subscriptions import COMMANDS_EXCHANGE

LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asks, and as which request: what makes it the same when it is sent again."""

    key_id: str
    method: str
    path: str
    idempotency_key: str
    correlation: str

    def message_id(self) -> str:
        """One for each caller, path and Idempotency-Key."""
        parts = (self.key_id, self.method, self.path, self.idempotency_key)
        return sha256("\n".join(parts).encode()).hexdigest()


class Commands:
    """Sends commands; raises Refused as the service or the way to it refuses."""

    def __init__(self, broker: Broker, seconds: float, pauses: Pauses, tracer: Tracer) -> None:
        self._broker = broker
        self._seconds = seconds
        self._pauses = pauses
        self._tracer = tracer

    async def send(self, kind: type[Command], fields: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
        """The service's answer to the command of that kind with those fields."""
        if await self._pauses.paused(kind.to):
            raise self._pauses.refusal(kind.to, "Nothing was done.")
        try:
            with self._tracer.ask(kind.to, kind.type) as place:
                return answer_of(
                    await self._broker.ask(_request(kind, fields, origin, str(place or "")), self._seconds)
                )
        except Refused as refusal:
            if refusal.code == "deadline" and await self._pauses.paused(kind.to):
                raise self._pauses.refusal(kind.to, "What was asked may still be done.") from None
            raise


def _request(kind: type[Command], fields: Mapping[str, Any], origin: Origin, traceparent: str) -> Request:
    return Request(
        exchange=COMMANDS_EXCHANGE,
        routing_key=kind.to,
        body=to_json(fields),
        type=kind.type,
        message_id=origin.message_id(),
        headers={"correlationid": origin.correlation, "traceparent": traceparent},
    )


def answer_of(body: bytes) -> dict[str, Any]:
    """What a service answered. Raises Refused where it said no."""
    answer = from_json(body)
    if "error" in answer:
        raise Refused.from_json(answer["error"])
    result = answer.get("ok")
    return result if isinstance(result, dict) else {}


def generated_key() -> str:
    """For a caller that sends no Idempotency-Key: then no two requests are the same."""
    return uuid4().hex
