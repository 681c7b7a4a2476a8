"""From a delivery to an understood message, or the reason why it cannot be one."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import from_json

from shared.contracts.envelope import CONTENT_TYPE, CloudEvent, read_event, typed_envelope
from shared.contracts.messages import COMMANDS, Timer
from shared.contracts.refusals import Refused
from shared.contracts.traceparent import carried
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.handlers import Handlers
from shared.engine.decide.incoming import Incoming
from shared.engine.store.commit import Document

SENT_MILLIS: Final = "sent_millis"
"""Header of a command: when it was sent, in milliseconds since 1970 UTC; else its timestamp says so, in seconds."""


class UndecodableError(ValueError):
    """It can never be understood: it is parked as it came, with this reason."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A delivery and what it says; for a command that cannot be obeyed, the refusal to answer with."""

    delivery: Delivery
    message: Incoming[Any] | None = None
    refusal: Refused | None = None
    expired: bool = False


def decode(delivery: Delivery, handlers: Handlers, *, is_command: bool, now: datetime) -> Decoded:
    """Understand a delivery. Raises UndecodableError."""
    _check_words(delivery)
    if is_command:
        return _command(delivery, handlers.service, now)
    return Decoded(delivery, _event(delivery))


def _check_words(delivery: Delivery) -> None:
    # AMQP lets half a character through that neither MongoDB nor JSON can carry.
    words = "".join(str(value) for value in (*delivery.properties.values(), delivery.routing_key))
    if not words.isascii():
        try:
            words.encode()
        except UnicodeEncodeError as error:
            raise UndecodableError("a property is not valid Unicode") from error


def _event(delivery: Delivery) -> Incoming[Any]:
    content_type = delivery.properties.get("content_type", "")
    if not content_type.startswith(CONTENT_TYPE):
        raise UndecodableError(f"content_type is {content_type!r}, an event has {CONTENT_TYPE!r}")
    try:
        event = _envelope(delivery)
    except ValidationError as error:
        raise UndecodableError(f"not a valid event: {_first(error)[1]}") from error
    return Incoming(
        realm="event", key=event.key, id=event.key, type=event.type, data=event.data, time=event.time,
        correlation=event.correlationid, traceparent=event.traceparent, event=event, raw=delivery.body,
    )  # fmt: skip


def _envelope(delivery: Delivery) -> CloudEvent:
    # One pass over envelope and data where the property says which event it is; that is what ours say.
    typed = typed_envelope(delivery.properties.get("type", ""))
    if typed is not None:
        event = typed.model_validate_json(delivery.body, extra="ignore")
        if event.type == delivery.properties["type"]:
            return event
    return read_event(delivery.body)


def _command(delivery: Delivery, service: str, now: datetime) -> Decoded:
    properties, headers = delivery.properties, delivery.headers
    message_id, kind = properties.get("message_id"), properties.get("type")
    if not message_id or not kind:
        raise UndecodableError("a command needs the properties message_id and type")
    try:
        sent = _sent(properties, headers) or now
        deadline = _deadline(sent, properties)
    except (ValueError, OverflowError, OSError) as error:
        raise UndecodableError("timestamp or expiration is no time") from error
    if deadline is not None and deadline < now:
        return Decoded(delivery, expired=True)
    model = COMMANDS.get((service, kind))
    if model is None:
        return Decoded(delivery, refusal=Refused("invalid", f"{service} knows no command {kind}", field="type"))
    try:
        data = model.model_validate_json(delivery.body)
    except ValidationError as error:
        where, why = _first(error)
        return Decoded(delivery, refusal=Refused("invalid", why, field=where, rule=error.errors()[0]["type"]))
    correlation = str(headers.get("correlationid") or message_id)
    return Decoded(
        delivery,
        Incoming(
            realm="command", key=f"command:{message_id}", id=str(message_id), type=kind, data=data, time=sent,
            correlation=correlation, traceparent=carried(str(headers.get("traceparent", ""))),
            fingerprint=_fingerprint(kind, delivery.body),
        ),
    )  # fmt: skip


def timer_message(row: Document, handlers: Handlers) -> Incoming[Any]:
    """A due row of `timers` as a message. Raises UndecodableError."""
    model = handlers.model("timer", row["type"])
    if model is None or not issubclass(model, Timer):
        raise UndecodableError(f"{handlers.service} knows no timer {row['type']}")
    try:
        # A newer replica may have set it.
        data = model.model_validate(row["data"], extra="ignore")
    except ValidationError as error:
        raise UndecodableError(f"not a valid timer: {_first(error)[1]}") from error
    key = f"timer:{row['_id']}:{row['due'].isoformat()}"
    return Incoming("timer", key, key, row["type"], data, row["due"], row["correlation"], row["traceparent"])


def _first(error: ValidationError) -> tuple[str, str]:
    # Never the input itself: it may be about a person.
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return where, f"{where}: {first['msg']}" if where else first["msg"]


def _fingerprint(kind: str, body: bytes) -> str:
    # The order of fields and the spaces between them do not make it another request.
    same = json.dumps(from_json(body), sort_keys=True)
    return blake2b(f"{kind}\n{same}".encode(), digest_size=16).hexdigest()


def _sent(properties: dict[str, Any], headers: dict[str, Any]) -> datetime | None:
    # AMQP instants have whole seconds; ids shall rise with time within a second too.
    if (millis := headers.get(SENT_MILLIS)) is not None:
        return datetime.fromtimestamp(int(millis) / 1000, tz=UTC)
    timestamp = properties.get("timestamp")
    return None if timestamp is None else datetime.fromtimestamp(int(timestamp), tz=UTC)


def _deadline(sent: datetime, properties: dict[str, Any]) -> datetime | None:
    expiration = properties.get("expiration")
    # AMQP instants have whole seconds: the second that was cut off is given back.
    return None if expiration is None else sent + timedelta(milliseconds=int(expiration) + 1000)
