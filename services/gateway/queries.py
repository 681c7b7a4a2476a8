"""Reads that only the owner can answer, over nameko's own RPC: areas, and data about people (audited there)."""

from time import monotonic
from typing import Any, Final

from pydantic_core import from_json, to_json

from services.gateway.broker import RPC_EXCHANGE, Broker, Request
from services.gateway.tracing import Tracer
from shared.contracts import Refused
from shared.runtime.logging import get_logger

SILENCE_SECONDS: Final = 5.0
_NOT_SERVED: Final = frozenset({"MethodNotFound", "UnknownService"})


class Queries:
    """Calls methods of nameko services. Raises Refused: `unavailable`, `deadline`, or what the service refuses."""

    def __init__(self, broker: Broker, seconds: float, tracer: Tracer) -> None:
        self._broker = broker
        self._seconds = seconds
        self._tracer = tracer
        self._silent_until: dict[str, float] = {}

    def silent(self, service: str) -> bool:
        """Whether the service gave no answer a moment ago: what can do without it then need not wait again."""
        return monotonic() < self._silent_until.get(service, 0.0)

    async def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """The method's result."""
        request = Request(
            exchange=RPC_EXCHANGE,
            routing_key=f"{service}.{method}",
            body=to_json({"args": list(args), "kwargs": kwargs}),
        )
        try:
            with self._tracer.ask(service, method):
                answer = from_json(await self._broker.ask(request, self._seconds))
        except Refused:
            self._silent_until[service] = monotonic() + SILENCE_SECONDS
            raise
        self._silent_until.pop(service, None)
        error = answer.get("error")
        if error is not None:
            raise _refusal(service, method, error)
        return answer["result"]


def _refusal(service: str, method: str, error: dict[str, Any]) -> Refused:
    kind = str(error.get("exc_type", ""))
    if kind == "Refused":
        words = error.get("exc_args") or [error.get("value", "")]
        return Refused("invalid", str(words[0]))
    # The error's words stay out of the log: they may be about a person.
    get_logger().error("query_failed", asked=f"{service}.{method}", error=kind)
    if kind in _NOT_SERVED:
        return Refused("unavailable", f"{service} cannot answer this now: try again in a moment.")
    return Refused("failed", f"{service} could not answer: try again, and tell the operator if it stays.")
