"""The claim on a stored message that failed before and is tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A stored message as one replica has taken it: the message `id`, for its try at `due` (UTC, the store's time).

    It holds as long as the message is due at that instant: a try of another replica deletes it or sets it to another.
    """

    id: str
    due: datetime
    tries: int
    """How often the message has failed so far."""
    history: Sequence[Mapping[str, object]] = ()
    """Its failures, the latest ones, oldest first."""
