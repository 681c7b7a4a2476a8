"""Reads that only the owner can answer, over nameko's own RPC: areas, and data about people (audited there)."""

from collections.abc import Mapping
from functools import cache
from time import monotonic
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from services.gateway.messaging.broker import RPC_EXCHANGE, Broker, Request
from services.gateway.tracing import Tracer
from shared.contracts import Query, Refused
from shared.contracts.access import Actor
from shared.contracts.messages import QueryEnvelope, answer_type
from shared.runtime.logging import get_logger

A = TypeVar("A")
SILENCE_SECONDS: Final = 5.0
METHOD: Final = "ask"
"""The one method of a service's RPC, which answers every query."""
_NOT_SERVED: Final = frozenset({"MethodNotFound", "UnknownService"})


class Queries:
    """Asks questions. Raises Refused: `unavailable`, `deadline`, or the service's own refusal."""

    def __init__(self, broker: Broker, seconds: float, tracer: Tracer) -> None:
        self._broker = broker
        self._seconds = seconds
        self._tracer = tracer
        self._silent_until: dict[str, float] = {}

    def silent(self, service: str) -> bool:
        """Return whether the service gave no answer in the last SILENCE_SECONDS.

        A request that can be answered without it then need not wait for it again.
        """
        return monotonic() < self._silent_until.get(service, 0.0)

    async def ask(self, query: Query[A], *, actor: Actor | None = None, why: str = "") -> A:
        """Return the answer to the query; None where its subject does not exist.

        `actor` and `why` are the reader and the reason: an audited query is refused without them. Fields that a
        newer service adds to its answer are ignored.
        """
        envelope = QueryEnvelope(type=query.type, data=query.model_dump(mode="json"), actor=actor, why=why)
        request = Request(
            exchange=RPC_EXCHANGE,
            routing_key=f"{query.to}.{METHOD}",
            body=to_json({"args": [envelope], "kwargs": {}}),
        )
        try:
            with self._tracer.ask(query.to, query.type):
                reply = from_json(await self._broker.ask(request, self._seconds))
        except Refused:
            self._silent_until[query.to] = monotonic() + SILENCE_SECONDS
            raise
        self._silent_until.pop(query.to, None)
        if (error := reply.get("error")) is not None:
            raise _broken_off(query, error)
        return _read(query, reply["result"])


def _read(query: Query[A], result: Mapping[str, Any]) -> A:
    if (refusal := result.get("error")) is not None:
        raise Refused.from_json(refusal)
    try:
        answer: A = _reader(type(query)).validate_python(result.get("ok"), extra="ignore")
    except ValidationError as wrong:
        fields = [".".join(map(str, part["loc"])) for part in wrong.errors(include_input=False, include_url=False)]
        get_logger().error("query_failed", asked=_name(query), error="answer not understood", fields=fields)
        raise _could_not_answer(query.to) from None
    return answer


@cache
def _reader(kind: type[Query[Any]]) -> TypeAdapter[Any]:
    return TypeAdapter(answer_type(kind))


def _broken_off(query: Query[Any], error: Mapping[str, Any]) -> Refused:
    """Return the refusal for an error of nameko's own: the service's handler failed, or no service answers it."""
    kind = str(error.get("exc_type", ""))
    # The error's words stay out of the log: they may be about a person.
    get_logger().error("query_failed", asked=_name(query), error=kind)
    if kind in _NOT_SERVED:
        return Refused("unavailable", "no_answer_now", service=query.to)
    return _could_not_answer(query.to)


def _name(query: Query[Any]) -> str:
    return f"{query.to}.{query.type}"


def _could_not_answer(service: str) -> Refused:
    return Refused("failed", "answer_failed", service=service)
