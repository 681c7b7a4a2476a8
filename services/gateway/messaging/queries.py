"""Reads that only the owner can answer, over nameko's own RPC: areas, and data about people (audited there)."""

import base64
from collections.abc import Mapping
from functools import cache
from time import monotonic
from typing import Any, Final, Self, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json
from pymongo.asynchronous.database import AsyncDatabase

from services.gateway.messaging.broker import RPC_EXCHANGE, Broker, Request
from services.gateway.messaging.owner_keys import FORMER_KEY, OwnerKey, OwnerKeys
from services.gateway.tracing import Tracer
from shared.contracts import Query, Refused
from shared.contracts.access import Actor
from shared.contracts.access.sealed import KEY_QUERIES, PublicKeyAnswer, query_context
from shared.contracts.messages import QueryEnvelope, answer_type
from shared.engine.decide.schema import Document
from shared.runtime.logging import bound_correlation, get_logger

A = TypeVar("A")
SILENCE_SECONDS: Final = 5.0
METHOD: Final = "ask"
"""The one method of a service's RPC, which answers every query."""
_NOT_KNOWN: Final = "no_answer_now"
"""The rule by which an owner refuses a query that its release does not know."""
_NOT_SERVED: Final = frozenset({"MethodNotFound", "UnknownService"})


class Queries:
    """Asks questions. Raises Refused: `unavailable`, `deadline`, or the service's own refusal."""

    def __init__(
        self, broker: Broker, seconds: float, tracer: Tracer, database: AsyncDatabase[Document] | None = None
    ) -> None:
        self.owner_keys = OwnerKeys(self._ask_for_key, database)
        self._broker = broker
        self._seconds = seconds
        self._tracer = tracer
        self._silent_until: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        await self.owner_keys.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.owner_keys.__aexit__(*raised)

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
        envelope = envelope.model_copy(update={"correlation": bound_correlation()})
        if not query.personal or (key := await self.owner_keys.find(query.to)) is None:
            return _read(query, await self._call(query, envelope))
        try:
            return await self._ask_sealed(query, envelope, key)
        except Refused as refusal:
            if refusal.rule != FORMER_KEY or (key := await self.owner_keys.renew(query.to)) is None:
                raise
            return await self._ask_sealed(query, envelope, key)

    async def _ask_sealed(self, query: Query[A], envelope: QueryEnvelope, key: OwnerKey) -> A:
        """Return the answer to a query that only its owner can open; only this process can open the answer."""
        context = query_context(query.to, query.type)
        box, answer_key = key.sealer.seal_question(to_json(envelope), context)
        sealed = QueryEnvelope(type=query.type, data={}, sealed_for=key.id, box=base64.urlsafe_b64encode(box).decode())
        result = await self._call(query, sealed)
        if "error" in result:  # it could not be opened, or found no room: that holds nothing about anybody
            return _read(query, result)
        try:
            return _read(query, from_json(answer_key.open(base64.urlsafe_b64decode(str(result.get("sealed", ""))))))
        except ValueError as error:  # not sealed, or not for this query: somebody else may have answered
            get_logger().error("answer_not_sealed", asked=_name(query), error=type(error).__name__)
            raise _could_not_answer(query.to) from None

    async def _ask_for_key(self, service: str) -> PublicKeyAnswer | None:
        """Return the owner's key; None where it takes messages in clear. Raises Refused where it does not answer."""
        query = KEY_QUERIES[service]()
        result = await self._call(query, QueryEnvelope(type=query.type, data={}))
        try:
            return _read(query, result)
        except Refused as refusal:
            if refusal.rule != _NOT_KNOWN:
                raise
            return None  # release 0.2 answers so: it does not know the question

    async def _call(self, query: Query[Any], envelope: QueryEnvelope) -> Mapping[str, Any]:
        """Return the result of the owner's method. Raises Refused where it gives none."""
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
        result: Mapping[str, Any] = reply["result"]
        return result


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
