"""Answers about stations and street centres."""

from typing import Annotated

from services.gateway.features.network.view import StationView
from services.gateway.http.answers import Created, InstantText
from shared.contracts.messages import OPEN
from shared.contracts.stations.network import Level


class StationAnswer(Created):
    """A station or a centre."""

    area: str
    name: str
    level: Annotated[Level, OPEN]
    opened_at: InstantText


def station_from_view(view: StationView) -> StationAnswer:
    """Return the station as its view shows it."""
    return StationAnswer(
        id=view.id, version=view.seen, area=view.area, name=view.name, level=view.level, opened_at=view.opened_at
    )
