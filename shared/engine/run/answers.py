"""The answers of commands: a result or a refusal, stored with the command's key and sent to its caller as JSON.

`{"ok": result}` or `{"error": {code, rule, field, args}}`, see `shared.contracts.refusals`.
"""

from collections.abc import Iterable
from typing import Final

from pydantic_core import to_json

from shared.contracts.refusals import Refused
from shared.contracts.subscriptions import ANSWER_THERE, ANSWERS_EXCHANGE
from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.decide.batch import Outcome
from shared.engine.decide.handlers import Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.limits import encode_answer
from shared.engine.run.batch import Batch
from shared.engine.store.commit import Answer
from shared.engine.store.errors import Conflict, Held

FAILED: Final = Refused("failed", "kept_for_operator")
HELD: Final = Refused("unavailable", "being_changed")
CONFLICT: Final = Refused("conflict", "place_taken")
MISMATCH: Final = Refused("idempotency_mismatch", "key_of_another_request", field="Idempotency-Key")


def refusal_body(refusal: Refused) -> bytes:
    """Return the body of a reply that refuses a command."""
    return to_json({"error": refusal.to_json()})


MISMATCH_BODY: Final = refusal_body(MISMATCH)


def refuse_unknown(message: Incoming[object]) -> Handling:
    """Handle a command that has no handler: refuse it."""
    raise Refused("invalid", "unhandled_command", field="type", command=message.type)
    yield  # a handler is a generator


def to_refusal(failure: Exception) -> Refused:
    """Return the refusal for the caller of a command whose handler or commit failed."""
    if isinstance(failure, Held):
        return HELD
    return CONFLICT if isinstance(failure, Conflict) else FAILED


def build_answer(message: Incoming[object], outcome: Outcome | None) -> Answer:
    """Return a command's result or refusal, as it is stored with the command's key.

    Raises NotCommittableError where the result is no JSON: the command then fails alone.
    """
    if outcome is not None and outcome.refusal is not None:
        return Answer(message.key, message.fingerprint, refusal_body(outcome.refusal), message.actor.area)
    result = None if outcome is None else outcome.answer
    return Answer(message.key, message.fingerprint, encode_answer(message.type, result), message.actor.area)


def repeat(batch: Batch) -> list[tuple[Delivery, bytes]]:
    """Return the replies to the commands that came twice in the batch: each the answer of the first."""
    known: dict[object, bytes] = {}
    for delivery, body in batch.replies if batch.repeated else ():
        if body is not MISMATCH_BODY:
            known.setdefault(delivery.properties.get("message_id"), body)
    found = ((delivery, known.get(delivery.properties.get("message_id"))) for delivery in batch.repeated)
    return [(delivery, body) for delivery, body in found if body is not None]


def build_replies(replies: Iterable[tuple[Delivery, bytes]]) -> list[Outgoing]:
    """Return the messages to the callers of commands; none for a command whose caller does not wait."""
    return [_reply(reply_to, d, body) for d, body in replies if (reply_to := d.properties.get("reply_to"))]


def _reply(reply_to: str, delivery: Delivery, body: bytes) -> Outgoing:
    # Through the exchange that a service of least privilege may publish to, where the caller's queue is bound to it.
    exchange = ANSWERS_EXCHANGE if ANSWER_THERE in delivery.headers else ""
    correlation = delivery.properties.get("correlation_id", "")
    return Outgoing(exchange, reply_to, body, {"content_type": "application/json", "correlation_id": correlation})
