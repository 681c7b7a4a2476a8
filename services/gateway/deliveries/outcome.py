"""The outcome of an attempt. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.gateway.deliveries.records import Failure


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt. `final`: another one would end alike; `sent`: a request was made, 1 or 0."""

    taken: bool
    status: int | None = None
    failure: Failure | None = None
    held_until: datetime | None = None
    final: bool = False
    sent: int = 1
