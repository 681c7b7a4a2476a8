"""Supervision (督导): visits of the level above to stations, and their findings until each correction was checked.

Owns `visits` and `findings`. Nobody closes a finding about their own station, or a correction that they reported.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.supervision.domain import Finding, Visit
from services.stations.supervision.handlers import HANDLERS
from shared.engine import Capability

CAPABILITY: Final = Capability(
    "supervision",
    HANDLERS,
    {
        Visit.collection: [IndexModel([("station_id", ASCENDING), ("state", ASCENDING)], name="of_station")],
        Finding.collection: [IndexModel([("station_id", ASCENDING), ("state", ASCENDING)], name="of_station")],
    },
)
