"""The patrol: one recurring look for staffings that are due and have no timer of their own."""

from datetime import datetime
from typing import ClassVar, Final

from shared.engine import Entity

PATROL: Final = "patrol"
"""The id of the one document, and the key of its timer."""


class Patrol(Entity):
    """The instant of the next patrol. It lets the hot path do without a timer for every dispatch.

    `seen` is the last staffing that a full page showed, by the instant at which it was due and its id: the next patrol
    goes on behind it, so that staffings whose recheck fails again and again never hide the others. With None it starts
    from the beginning.
    """

    collection: ClassVar[str] = "patrols"

    next_at: datetime
    seen: tuple[datetime, str] | None = None
