"""The answers of commands: a result or a refusal, stored with the command's key and sent to its caller as JSON.

`{"ok": result}` or `{"error": {code, rule, field, args}}`, see `shared.contracts.refusals`.
"""

from collections.abc import Iterable
from typing import Final

from pydantic_core import from_json, to_json

from shared.contracts.messages import Command
from shared.contracts.refusals import Refused
from shared.contracts.subscriptions import ANSWER_THERE, ANSWERS_EXCHANGE
from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.decide.access import refuse_actor
from shared.engine.decide.batch import Outcome
from shared.engine.decide.final_answers import to_final_answer
from shared.engine.decide.handlers import Handling
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.limits import encode_answer
from shared.engine.run.batch import Batch
from shared.engine.store.commit import Answer
from shared.engine.store.errors import Held

NOT_KEPT: Final = Refused("failed", "not_kept")
DROPPED: Final = Refused("failed", "dropped_by_operator")
BEING_RETRIED: Final = Refused("unavailable", "being_retried")
HELD: Final = Refused("unavailable", "being_changed")
MISMATCH: Final = Refused("idempotency_mismatch", "key_of_another_request", field="Idempotency-Key")


def refusal_body(refusal: Refused) -> bytes:
    """Return the body of a reply that refuses a command."""
    return to_json({"error": refusal.to_json()})


MISMATCH_BODY: Final = refusal_body(MISMATCH)
NARROWER_BODY: Final = refusal_body(
    Refused("idempotency_mismatch", "refused_to_a_narrower_key", field="Idempotency-Key")
)
HELD_BODY: Final = refusal_body(HELD)
_OF_THE_KEY: Final = (MISMATCH_BODY, NARROWER_BODY, HELD_BODY)
"""Replies to one who repeats a command, which nobody else gets."""
_REFUSED: Final = b'{"error":'


def refuse_unknown(message: Incoming[object]) -> Handling:
    """Handle a command that has no handler: refuse it."""
    raise Refused("invalid", "unhandled_command", field="type", command=message.type)
    yield  # a handler is a generator


def to_refusal(failure: Exception, message_id: str) -> Refused:
    """Return the refusal for the caller of that command, whose handler or commit failed."""
    return HELD if isinstance(failure, Held) else to_final_answer(failure, message_id)


def repeat_to(message: Incoming[object], answer: Answer) -> bytes:
    """Return the reply to a command whose key has that answer: the answer, or a refusal of the key.

    A key of the same principal with a narrower area learns nothing about things outside it. One with a wider area is
    not refused because the narrower one was.
    """
    if answer.fingerprint not in {"", message.fingerprint} or not message.actor.reaches(answer.area):
        return MISMATCH_BODY
    return NARROWER_BODY if _is_refused_to_narrower(message, answer) else answer.body


def _is_refused_to_narrower(message: Incoming[object], answer: Answer) -> bool:
    """Return whether the answer is a refusal that another key got for its area or its permissions."""
    if answer.letter or not answer.body.startswith(_REFUSED):
        return False
    if message.actor.area != answer.area:
        return True
    rule = from_json(answer.body)["error"]["rule"]
    permitted = isinstance(message.data, Command) and refuse_actor(message.actor, message.data) is None
    return rule == "permission_missing" and permitted


def build_answer(message: Incoming[object], outcome: Outcome | None, asked: str = "") -> Answer:
    """Return a command's result or refusal, as it is stored with the command's key.

    `asked` is the fingerprint of its sender's request, where the command comes back edited. Raises NotCommittableError
    where the result is no JSON: the command then fails alone.
    """
    if outcome is not None and outcome.refusal is not None:
        body = refusal_body(outcome.refusal)
    else:
        body = encode_answer(message.type, None if outcome is None else outcome.answer)
    return Answer(message.key, asked or message.fingerprint, body, message.actor.area)


def repeat(batch: Batch) -> list[tuple[Delivery, bytes]]:
    """Return the replies to the commands that came twice in the batch: each the answer of the first."""
    known: dict[object, bytes] = {}
    for delivery, body in batch.replies if batch.repeated else ():
        if body not in _OF_THE_KEY:
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
