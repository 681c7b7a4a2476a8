"""What a command's caller is told: a result, a refusal, or that it has to wait."""

from typing import Any, Final

from pydantic_core import to_json

from shared.contracts.refusals import Refused
from shared.contracts.subscriptions import ANSWER_THERE, ANSWERS_EXCHANGE
from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.decide.batch import Outcome
from shared.engine.decide.incoming import Incoming
from shared.engine.store.commit import Answer, Conflict, Held

FAILED: Final = Refused("failed", "The service could not do it; it has been kept for the operator to look at.")
HELD: Final = Refused("unavailable", "Someone else is just changing the same: ask again in a moment, same key.")
CONFLICT: Final = Refused(
    "conflict", "Something else stands where this would be kept: read what is there, then ask again with a new key."
)
MISMATCH: Final = Refused(
    "idempotency_mismatch",
    "This Idempotency-Key was used with another body: use a new key for a new request.",
    field="Idempotency-Key",
    rule="one key, one request",
)


def unknown_command(message: Incoming[Any]) -> Any:
    """The handler of a command that has none."""
    raise Refused("invalid", f"There is no handler for {message.type}.", field="type")
    yield  # a handler is a generator


def to_failure(failure: Exception) -> Refused:
    """What to tell the caller of a command that could not be committed, or failed."""
    if isinstance(failure, Held):
        return HELD
    return CONFLICT if isinstance(failure, Conflict) else FAILED


def kept(message: Incoming[Any], outcome: Outcome | None) -> Answer:
    """A command's result or refusal, as it is stored with its key."""
    if outcome is not None and outcome.refusal is not None:
        body: dict[str, Any] = {"error": outcome.refusal.to_json()}
    else:
        body = {"ok": None if outcome is None else outcome.answer}
    return Answer(message.key, message.fingerprint, to_json(body))


def reply(delivery: Delivery, body: dict[str, Any]) -> list[Outgoing]:
    """The answer to who sent the command; nothing where nobody waits for one."""
    return reply_body(delivery, to_json(body))


def reply_body(delivery: Delivery, body: bytes) -> list[Outgoing]:
    """As `reply`, with the body as it is stored."""
    reply_to = delivery.properties.get("reply_to")
    if not reply_to:
        return []
    exchange = ANSWERS_EXCHANGE if ANSWER_THERE in delivery.headers else ""
    correlation = delivery.properties.get("correlation_id", "")
    return [Outgoing(exchange, reply_to, body, {"content_type": "application/json", "correlation_id": correlation})]
