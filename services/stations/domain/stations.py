"""The two-level network: street centres (街道社工中心) and the stations (社工站) of their communities."""

from datetime import datetime
from typing import Any, ClassVar

from shared.contracts.stations.network import Level
from shared.engine import Entity


class Station(Entity):
    """A social-work station in a community, or a centre in a street."""

    collection: ClassVar[str] = "stations"
    area: str
    name: str
    level: Level
    opened_at: datetime


def as_read(station: Station) -> dict[str, Any]:
    """The station as the API gives it back."""
    return {
        "id": station.id,
        "version": station.version,
        "area": station.area,
        "name": station.name,
        "level": station.level,
    }
