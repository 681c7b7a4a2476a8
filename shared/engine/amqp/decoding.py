"""From a delivery or a timer row to an incoming message, or an error that names the reason why it cannot be one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from pydantic import ValidationError

from shared.contracts.access import Actor, read_actor
from shared.contracts.broken_rules import read_broken_rule, read_errors
from shared.contracts.envelope import CONTENT_TYPE, CloudEvent, read_event, typed_envelope
from shared.contracts.messages import COMMANDS, MAX_COMMAND_BYTES, MAX_CORRELATION, Timer
from shared.contracts.refusals import Refused
from shared.contracts.subscriptions import ACTOR, BODY_DIGEST
from shared.contracts.traceparent import propagate
from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.fingerprint import digest_body, fingerprint
from shared.engine.amqp.frames import Properties
from shared.engine.decide.handlers import Handlers
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.schema import Document

SENT_MILLIS: Final = "sent_millis"
"""Header of a command: the time it was sent, in milliseconds since 1970 UTC. Without it, `timestamp` gives seconds."""


class UndecodableError(ValueError):
    """A message that no try could ever decode: it becomes a dead letter as it came, with this reason."""


class ExpiredError(Exception):
    """A command that was in hand for as long as its caller waits: it is dropped without an answer."""


@dataclass(slots=True)
class Received:
    """An incoming message with its origin: the delivery of an event or command, or the row of a timer."""

    message: Incoming[object]
    delivery: Delivery | None = None
    row: Document | None = None
    closed: str = ""
    """Of a command that an operator has sent back: the id of its letter, where that still closes the command's key."""
    asked: str = ""
    """The fingerprint of the request that was refused then: an operator may have edited the body since."""


def decode(delivery: Delivery, handlers: Handlers, *, is_command: bool, now: datetime, secret: bytes = b"") -> Received:
    """Return the message of a delivery; `now` (UTC) is the time of a command that names none.

    `secret` keys the fingerprint of a command.

    Raises UndecodableError, and for a command also ExpiredError or Refused("invalid") with the field at fault.
    """
    _check_unicode(delivery)
    message = _decode_command(delivery, handlers.service, now, secret) if is_command else _decode_event(delivery)
    return Received(message, delivery)


def decode_timer(row: Document, handlers: Handlers) -> Received:
    """Return the message of a due row of `timers`. Raises UndecodableError."""
    model = handlers.model("timer", row["type"])
    if model is None or not issubclass(model, Timer):
        raise UndecodableError(f"{handlers.service} knows no timer {row['type']}")
    try:
        # A newer replica may have set the timer, with fields that this release does not know.
        data = model.model_validate(row["data"], extra="ignore")
    except ValidationError as error:
        raise UndecodableError(f"not a valid timer: {_first_error(error)}") from error
    # With its due time, because the same key may be set again: that is another message.
    key = f"timer:{row['_id']}:{row['due'].isoformat()}"
    message = Incoming("timer", key, key, row["type"], data, row["due"], row["correlation"], row["traceparent"])
    return Received(message, row=row)


def _check_unicode(delivery: Delivery) -> None:
    # AMQP delivers a lone surrogate, which neither MongoDB nor JSON can store. One test of all properties is cheap.
    text = "".join(map(str, (*delivery.properties.values(), delivery.routing_key)))
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UndecodableError("a property is not valid Unicode") from error


def _decode_event(delivery: Delivery) -> Incoming[object]:
    content_type = delivery.properties.get("content_type", "")
    if not content_type.startswith(CONTENT_TYPE):  # a charset may follow
        raise UndecodableError(f"content_type is {content_type!r}, an event has {CONTENT_TYPE!r}")
    try:
        event = _read_envelope(delivery)
    except ValidationError as error:
        raise UndecodableError(f"not a valid event: {_first_error(error)}") from error
    return Incoming(
        realm="event", key=event.key, id=event.key, type=event.type, data=event.data, time=event.time,
        correlation=event.correlationid[:MAX_CORRELATION], traceparent=event.traceparent, event=event,
        raw=delivery.body,
    )  # fmt: skip


def _read_envelope(delivery: Delivery) -> CloudEvent:
    # The platform's own events name their type in a property, so envelope and data are validated in one pass. The
    # property of another program's event may be missing or wrong: then its envelope is read first.
    typed = typed_envelope(delivery.properties.get("type", ""))
    if typed is not None:
        event = typed.model_validate_json(delivery.body, extra="ignore")
        if event.type == delivery.properties["type"]:
            return event
    return read_event(delivery.body)


def _decode_command(delivery: Delivery, service: str, now: datetime, secret: bytes) -> Incoming[object]:
    properties, headers = delivery.properties, delivery.headers
    message_id, kind = properties.get("message_id"), properties.get("type")
    if not message_id or not kind:
        raise UndecodableError("a command needs the properties message_id and type")
    try:
        sent = _read_sent(properties, headers) or now
        seconds = _read_seconds(properties)
    except (ValueError, TypeError, OverflowError, OSError) as error:  # a header may hold a list, or an instant
        raise UndecodableError("timestamp or expiration is no time") from error
    # The broker counts the time in its queue, this process the time in hand: no two clocks are compared.
    if seconds is not None and monotonic() - delivery.received > seconds:
        raise ExpiredError
    model = COMMANDS.get((service, kind))
    if model is None:
        raise Refused("invalid", "unknown_command", field="type", service=service, command=kind)
    if len(delivery.body) > MAX_COMMAND_BYTES:
        raise Refused("invalid", "command_too_large", size=len(delivery.body), limit=MAX_COMMAND_BYTES)
    try:
        data = model.model_validate_json(delivery.body)
    except ValidationError as error:
        broken = read_broken_rule(read_errors(error)[0])
        raise Refused("invalid", broken.rule, field=broken.field, **broken.args) from error
    return Incoming(
        actor=_decode_actor(headers),
        realm="command", key=f"command:{message_id}", id=str(message_id), type=kind, data=data, time=sent,
        correlation=str(headers.get("correlationid") or message_id)[:MAX_CORRELATION],
        traceparent=propagate(str(headers.get("traceparent", ""))),
        fingerprint=fingerprint(secret, kind, str(headers.get(BODY_DIGEST) or digest_body(delivery.body))),
    )  # fmt: skip


def read_area(delivery: Delivery) -> str:
    """Return the area of a command's actor; everywhere where its header cannot be read."""
    try:
        return read_actor(str(delivery.headers.get(ACTOR, ""))).area
    except ValidationError:
        return ""


def _decode_actor(headers: Properties) -> Actor:
    try:
        return read_actor(str(headers.get(ACTOR, "")))
    except ValidationError as error:
        raise Refused("invalid", "actor_missing", field=ACTOR) from error


def _first_error(error: ValidationError) -> str:
    """Return the dotted path of the first field at fault, and the rule in pydantic's words, for the operator."""
    # Never the input, which may be about a person.
    first = read_errors(error)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]


def _read_sent(properties: Properties, headers: Properties) -> datetime | None:
    # AMQP timestamps have whole seconds; ids are to rise with time within a second too.
    if (millis := headers.get(SENT_MILLIS)) is not None:
        return datetime.fromtimestamp(int(millis) / 1000, tz=UTC)
    timestamp = properties.get("timestamp")
    return None if timestamp is None else datetime.fromtimestamp(int(timestamp), tz=UTC)


def _read_seconds(properties: Properties) -> float | None:
    expiration = properties.get("expiration")  # milliseconds, in digits
    return None if expiration is None else int(expiration) / 1000
