"""Messages that could not be handled: back to the queue after a delay, or to the dead letters with their history.

A message waits for its next try in a retry queue, whose time to live and dead-letter exchange bring it back: one queue
for each delay, because a queue expires messages at its head only. https://www.rabbitmq.com/docs/ttl
"""

from datetime import datetime
from typing import Final

from pydantic_core import from_json, to_json

from shared.engine.amqp.broker import PERSISTENT, Delivery, Outgoing, fit_short_string
from shared.engine.amqp.frames import Properties
from shared.engine.amqp.topology import RETRY_DELAYS, dead_queue, requeue_exchange, retry_queue
from shared.engine.decide.schema import Document

HISTORY: Final = "x-lianshan-history"
"""Header: a JSON list of {at, error}, one entry for each failed try."""
KEPT_PROPERTIES: Final = (
    "content_type", "content_encoding", "message_id", "type", "correlation_id", "timestamp",
)  # fmt: skip
"""The properties that a retried or dead message keeps. Not `expiration`: a dead letter stays until it is retried."""
COMMAND_PROPERTIES: Final = (
    "content_type", "message_id", "type", "correlation_id", "reply_to", "expiration", "timestamp",
    "application_headers",
)  # fmt: skip
"""The properties that a command keeps when it goes back to its queue: its caller still waits for the reply."""
MAX_REASON: Final = 500
"""Characters kept of an error's text; with the five entries of a full history well below a frame of 128 KiB."""


def read_history(delivery: Delivery) -> list[dict[str, str]]:
    """Return the failed tries so far; none where the header is missing or malformed."""
    try:
        past = from_json(delivery.headers.get(HISTORY, "[]"))
    except (ValueError, TypeError):
        return []
    return [entry for entry in past if isinstance(entry, dict)] if isinstance(past, list) else []


def build_retry(delivery: Delivery, reason: str, now: datetime) -> Outgoing:
    """Return the message for its next retry queue, or for the dead letters once it has failed five times."""
    tries = len(read_history(delivery))
    if tries < len(RETRY_DELAYS):
        return _move(delivery, retry_queue(delivery.queue, RETRY_DELAYS[tries]), reason, now)
    return build_dead_letter(delivery, reason, now)


def build_requeued(delivery: Delivery) -> Outgoing:
    """Return a command for its own queue, as it came."""
    properties: Properties = {
        name: delivery.properties[name] for name in COMMAND_PROPERTIES if name in delivery.properties
    }
    return Outgoing(requeue_exchange(delivery.queue), delivery.queue, delivery.body, properties)


def is_dead(outgoing: Outgoing) -> bool:
    """Return whether the message goes to the dead letters."""
    return outgoing.routing_key.endswith(".dead")


def build_dead_letter(delivery: Delivery, reason: str, now: datetime) -> Outgoing:
    """Return the message as it came, for the dead letters of its queue."""
    return _move(delivery, dead_queue(delivery.queue), reason, now)


def build_dead_timer(queue: str, row: Document, reason: str, now: datetime) -> Outgoing:
    """Return a timer that failed too often, for the dead letters of the service's event queue."""
    headers = {HISTORY: to_json([_entry(reason, now)]).decode(), "x-lianshan-timer": row["_id"]}
    body = to_json({"timer": row["_id"], "type": row["type"], "data": row["data"]})
    properties = {
        "content_type": "application/json",
        "delivery_mode": PERSISTENT,
        "message_id": fit_short_string(row["_id"]),
    }
    return Outgoing(requeue_exchange(queue), dead_queue(queue), body, {**properties, "application_headers": headers})


def _move(delivery: Delivery, queue: str, reason: str, now: datetime) -> Outgoing:
    properties: Properties = {k: delivery.properties[k] for k in KEPT_PROPERTIES if k in delivery.properties}
    # The publisher recognises a returned message by its message_id; another program's message may have none.
    properties.setdefault("message_id", f"{delivery.queue}/{delivery.tag}")
    named = {k: v for k, v in delivery.headers.items() if isinstance(k, str)}  # a name that is not UTF-8 comes as bytes
    # RabbitMQ notes each expiry in x-death, and drops a message that it finds expiring in a circle.
    # https://www.rabbitmq.com/docs/dlx
    headers = {k: v for k, v in named.items() if not k.startswith("x-death")}
    headers[HISTORY] = to_json([*read_history(delivery), _entry(reason, now)]).decode()
    headers.setdefault("x-lianshan-routing-key", delivery.routing_key)
    properties |= {"application_headers": headers, "delivery_mode": PERSISTENT}
    return Outgoing(requeue_exchange(queue), queue, delivery.body, properties)


def _entry(reason: str, now: datetime) -> dict[str, str]:
    return {"at": now.isoformat(), "error": reason[:MAX_REASON]}
