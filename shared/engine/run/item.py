"""What passes through a batch: messages with where they came from, and what is to be sent on their account."""

from dataclasses import dataclass, field
from typing import Any

from shared.engine.amqp.broker import Delivery, Outgoing
from shared.engine.decide.incoming import Incoming
from shared.engine.store.commit import Document


@dataclass(slots=True)
class Item:
    """A message on its way through a batch, with what it came from: a delivery or a row of timers."""

    message: Incoming[Any]
    delivery: Delivery | None = None
    row: Document | None = None


@dataclass(slots=True)
class Said:
    """What is to be sent once the batch is committed, without an outbox: answers, retries, dead letters."""

    replies: list[Outgoing] = field(default_factory=list)
    rerouted: list[Outgoing] = field(default_factory=list)
