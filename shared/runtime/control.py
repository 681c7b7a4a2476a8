"""What an operator tells a running service: so far, to pause. A row in the service's own `control` collection.

It outlives restarts, holds for every replica, and is looked at about once a second.
"""

from typing import Any, Final

from pymongo.database import Database

CONTROL: Final = "control"
PAUSE: Final = "pause"
"""The row {since, by, why} that pauses the service; without it the service works."""


def told_gateway(service: str) -> str:
    """The row by which the gateway, which reads no other's database, knows that the service is paused."""
    return f"paused:{service}"


class Control:
    """What one service was told, as it was when last looked at."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._rows = database[CONTROL]
        self.paused = False

    def look(self) -> bool:
        """Ask the store; whether the service is to rest. Raises PyMongoError."""
        self.paused = self._rows.find_one({"_id": PAUSE}, {"_id": 1}) is not None
        return self.paused
