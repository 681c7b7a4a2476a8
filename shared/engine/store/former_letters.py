"""The dead letters of release 0.2, which lay in queues of the broker: as the store keeps them today."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_core import from_json

from shared.engine.amqp.broker import Delivery
from shared.engine.amqp.letter_content import read_content, read_past
from shared.engine.decide.schema import Document
from shared.engine.store.letters import Entry, Head, insert_dead, name_undecodable, to_entry, to_letter
from shared.runtime.clock import MachineTime
from shared.runtime.vault import Vault

TIMER: Final = "x-lianshan-timer"
"""Header of release 0.2: the key of a timer that failed too often."""


def keep_former(
    queue: str, body: bytes, properties: Mapping[str, Any], headers: Mapping[str, Any], now: MachineTime,
    *, vault: Vault | None,
) -> Document:  # fmt: skip
    """Return the statement that stores a dead letter that lay in `<queue>.dead`. It may be run again."""
    given = {**properties, "application_headers": dict(headers)}
    routing_key = str(headers.get("x-lianshan-routing-key", ""))
    delivery = Delivery(queue, 0, body, given, routing_key, redelivered=True)
    history = read_past(dict(headers)) or _read_deaths(headers, now)
    letter = to_letter(_head(delivery), read_content(delivery), vault, history, len(history))
    return insert_dead(letter, now)


def _head(delivery: Delivery) -> Head:
    head, message_id = name_undecodable(delivery), delivery.properties.get("message_id")
    if (timer := delivery.headers.get(TIMER)) is not None:
        return Head(delivery.queue, "timer", f"timer:{timer}:{head.key}", str(timer), head.type or _read_type(delivery))
    if delivery.queue.endswith(".commands"):
        return Head(delivery.queue, "command", f"command:{message_id or head.key}", head.id, head.type)
    # An event of ours has its key as message_id: a replica of today stores it under the same.
    return Head(delivery.queue, "event", str(message_id or head.key), head.id, head.type)


def _read_type(delivery: Delivery) -> str:
    try:
        told = from_json(delivery.body)
    except ValueError:
        return ""
    return str(told.get("type", "")) if isinstance(told, dict) else ""


def _read_deaths(headers: Mapping[str, Any], now: MachineTime) -> list[Entry]:
    """Return the deaths that RabbitMQ has counted: it moved a message by itself that ended its process too often."""
    deaths = headers.get("x-death") or []
    found: list[Entry] = []
    for death in deaths if isinstance(deaths, list) else ():
        at = death.get("time")
        instant = at if isinstance(at, datetime) else now
        instant = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
        words = f"{death.get('reason')} in {death.get('queue')}, {death.get('count')} times"
        found.append(to_entry(MachineTime(instant), "process_died", words))
    return found
