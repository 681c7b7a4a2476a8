"""The operator's control over a running service: a row in its `control` collection pauses it.

The row outlives restarts, holds for every replica, and is read about once a second.
"""

from typing import Final

from pymongo.database import Database

from shared.runtime.audit import Row

CONTROL: Final = "control"
PAUSE: Final = "pause"
"""The row {since, by, why} that pauses the service; without it the service works."""


def gateway_pause_id(service: str) -> str:
    """Return the id of the row in the gateway's own database that means that `service` is paused.

    The gateway reads no other service's database, so `lianshan pause` writes a second row there.
    """
    return f"paused:{service}"


class Control:
    """Whether one service is paused, as of the last `refresh`."""

    def __init__(self, database: Database[Row]) -> None:
        self._rows = database[CONTROL]
        self.paused = False

    def refresh(self) -> bool:
        """Read the row; return whether the service is paused. Raises PyMongoError."""
        self.paused = self._rows.find_one({"_id": PAUSE}, {"_id": 1}) is not None
        return self.paused
