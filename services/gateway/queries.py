"""Reads that only the owner can answer, over nameko's own RPC: areas, and data about people (audited there)."""

from typing import Any, Final

from pydantic_core import from_json, to_json

from services.gateway.broker import RPC_EXCHANGE, Broker, Request
from shared.contracts import Refused
from shared.runtime.logging import get_logger

_NOT_SERVED: Final = frozenset({"MethodNotFound", "UnknownService"})


class Queries:
    """Calls methods of nameko services. Raises Refused: `unavailable`, `deadline`, or what the service refuses."""

    def __init__(self, broker: Broker, seconds: float) -> None:
        self._broker = broker
        self._seconds = seconds

    async def call(self, service: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """The method's result."""
        request = Request(
            exchange=RPC_EXCHANGE,
            routing_key=f"{service}.{method}",
            body=to_json({"args": list(args), "kwargs": kwargs}),
        )
        answer = from_json(await self._broker.ask(request, self._seconds))
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
