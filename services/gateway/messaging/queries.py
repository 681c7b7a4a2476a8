"""Reads that only the owner can answer, over nameko's own RPC: areas, and data about people (audited there)."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from services.gateway.messaging.broker import RPC_EXCHANGE, Broker, Request
from services.gateway.tracing import Tracer
from shared.contracts import Refused
from shared.runtime.logging import get_logger

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
SILENCE_SECONDS: Final = 5.0
_NOT_SERVED: Final = frozenset({"MethodNotFound", "UnknownService"})


@dataclass(frozen=True, slots=True)
class Question(Generic[T_co]):
    """A read-only question to a service: its method over RPC, and the type of the answer.

    Fields that a newer service adds to its answer are ignored.
    """

    service: str
    method: str
    answer: TypeAdapter[T_co]


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

    async def ask(self, question: Question[T], *args: object, **kwargs: object) -> T:
        """Return the answer to the question with these arguments, which must be JSON."""
        service, method = question.service, question.method
        request = Request(
            exchange=RPC_EXCHANGE,
            routing_key=f"{service}.{method}",
            body=to_json({"args": list(args), "kwargs": kwargs}),
        )
        try:
            with self._tracer.ask(service, method):
                reply = from_json(await self._broker.ask(request, self._seconds))
        except Refused:
            self._silent_until[service] = monotonic() + SILENCE_SECONDS
            raise
        self._silent_until.pop(service, None)
        error = reply.get("error")
        if error is not None:
            raise _refusal(service, method, error)
        try:
            return question.answer.validate_python(reply["result"], extra="ignore")
        except ValidationError as wrong:
            raise _not_understood(service, method, wrong) from None


def _refusal(service: str, method: str, error: Mapping[str, Any]) -> Refused:
    kind = str(error.get("exc_type", ""))
    if kind == "Refused":
        texts = error.get("exc_args") or [error.get("value", "")]
        return Refused.from_text(str(texts[0]))
    # The error's words stay out of the log: they may be about a person.
    get_logger().error("query_failed", asked=f"{service}.{method}", error=kind)
    if kind in _NOT_SERVED:
        return Refused("unavailable", "no_answer_now", service=service)
    return _could_not_answer(service)


def _not_understood(service: str, method: str, wrong: ValidationError) -> Refused:
    fields = [".".join(map(str, part["loc"])) for part in wrong.errors(include_input=False, include_url=False)]
    get_logger().error("query_failed", asked=f"{service}.{method}", error="answer not understood", fields=fields)
    return _could_not_answer(service)


def _could_not_answer(service: str) -> Refused:
    return Refused("failed", "answer_failed", service=service)
