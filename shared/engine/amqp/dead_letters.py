"""Where messages go that could not be handled: again after a delay, or to the dead letters with their history."""

from datetime import datetime
from typing import Any, Final

from pydantic_core import from_json, to_json

from shared.engine.amqp.broker import PERSISTENT, Delivery, Outgoing, short
from shared.engine.amqp.topology import RETRY_DELAYS, dead_queue, letters_exchange, retry_queue

HISTORY: Final = "x-lianshan-history"
"""Header: JSON list of {at, error}, one entry a try."""
KEPT_PROPERTIES: Final = (
    "content_type", "content_encoding", "message_id", "type", "correlation_id", "timestamp",
)  # fmt: skip
COMMAND_PROPERTIES: Final = (
    "content_type", "message_id", "type", "correlation_id", "reply_to", "expiration", "timestamp",
    "application_headers",
)  # fmt: skip
MAX_REASON: Final = 500


def history(delivery: Delivery) -> list[dict[str, str]]:
    """The tries so far; empty where there are none or the header was tampered with."""
    try:
        past = from_json(delivery.headers.get(HISTORY, "[]"))
    except (ValueError, TypeError):
        return []
    return [entry for entry in past if isinstance(entry, dict)] if isinstance(past, list) else []


def next_try(delivery: Delivery, reason: str, now: datetime) -> Outgoing:
    """The message for its next retry queue, or for the dead letters when all tries are used up."""
    tries = len(history(delivery))
    if tries < len(RETRY_DELAYS):
        return _moved(delivery, retry_queue(delivery.queue, RETRY_DELAYS[tries]), reason, now)
    return dead_letter(delivery, reason, now)


def again(delivery: Delivery) -> Outgoing:
    """A command, put back into its own queue as it came."""
    properties: dict[str, Any] = {
        name: delivery.properties[name] for name in COMMAND_PROPERTIES if name in delivery.properties
    }
    return Outgoing(letters_exchange(delivery.queue), delivery.queue, delivery.body, properties)


def is_dead(outgoing: Outgoing) -> bool:
    """Whether it goes to the dead letters."""
    return outgoing.routing_key.endswith(".dead")


def dead_letter(delivery: Delivery, reason: str, now: datetime) -> Outgoing:
    """The message as it came, for the dead letters of its queue."""
    return _moved(delivery, dead_queue(delivery.queue), reason, now)


def dead_timer(queue: str, row: dict[str, Any], reason: str, now: datetime) -> Outgoing:
    """A timer that failed too often, for the dead letters of the service's event queue."""
    headers = {HISTORY: to_json([_entry(reason, now)]).decode(), "x-lianshan-timer": row["_id"]}
    body = to_json({"timer": row["_id"], "type": row["type"], "data": row["data"]})
    properties = {
        "content_type": "application/json",
        "delivery_mode": PERSISTENT,
        "message_id": short(row["_id"]),
    }
    return Outgoing(letters_exchange(queue), dead_queue(queue), body, {**properties, "application_headers": headers})


def _moved(delivery: Delivery, queue: str, reason: str, now: datetime) -> Outgoing:
    properties: dict[str, Any] = {k: delivery.properties[k] for k in KEPT_PROPERTIES if k in delivery.properties}
    # Mandatory publications are told apart by their message_id; a stranger's message may have none.
    properties.setdefault("message_id", f"{delivery.queue}/{delivery.tag}")
    named = {k: v for k, v in delivery.headers.items() if isinstance(k, str)}  # a name that is no text comes as bytes
    headers = {k: v for k, v in named.items() if not k.startswith("x-death")}
    headers[HISTORY] = to_json([*history(delivery), _entry(reason, now)]).decode()
    headers.setdefault("x-lianshan-routing-key", delivery.routing_key)
    properties |= {"application_headers": headers, "delivery_mode": PERSISTENT}
    return Outgoing(letters_exchange(queue), queue, delivery.body, properties)


def _entry(reason: str, now: datetime) -> dict[str, str]:
    return {"at": now.isoformat(), "error": reason[:MAX_REASON]}
