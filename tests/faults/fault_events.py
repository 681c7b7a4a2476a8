"""Events that a city has said, to be brought to its services again."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from fault_city import City
from fault_trial import SEED

from shared.contracts.envelope import CONTENT_TYPE
from shared.contracts.subscriptions import SUBSCRIPTIONS, binding_covers
from shared.engine.amqp.topology import events_queue

Message = tuple[str, str, bytes, dict[str, Any]]
TIMES = 3


def whole_feed(city: City) -> list[bytes]:
    """Every event that was ever said, as it was said."""
    with city.database("gateway") as database:
        return [str(item["event"]).encode() for item in database["feed"].find().sort("_id", 1)]


def heard_by(service: str, events: Sequence[bytes]) -> list[bytes]:
    """Those that the service listens to."""
    bindings = SUBSCRIPTIONS[service]
    return [e for e in events if any(binding_covers(b, json.loads(e)["type"]) for b in bindings)]


def to_queue(service: str, body: bytes, **properties: Any) -> Message:
    """Straight into the service's queue."""
    given = {"content_type": CONTENT_TYPE, "delivery_mode": 2, "message_id": "again"} | properties
    return ("", events_queue(service), body, given)


def shuffled(messages: Sequence[Message], seed: str) -> list[Message]:
    """Each three times, in any order."""
    several = list(messages) * TIMES
    Random(f"{SEED}/{seed}").shuffle(several)
    return several
