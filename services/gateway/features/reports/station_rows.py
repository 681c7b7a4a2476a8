"""Stations in reports: the stages that they entered and left, whose running sum is the coverage at the end of a day."""

from collections.abc import Mapping
from typing import ClassVar, Final

from pydantic import Field

from services.gateway.features.reports.counting import Figure, Kept, ReportRow, Table, follow
from services.gateway.features.reports.periods import day_of
from services.gateway.projection.view import instant
from shared.contracts.stations.network import (
    OpeningOverdue,
    PilotBegun,
    PlanDropped,
    StationChanged,
    StationClosed,
    StationOpened,
    StationPlanned,
    StationRescheduled,
    StationShape,
)
from shared.contracts.stations.succession import StationMerged, StationMoved, StationTookOver
from shared.engine import Incoming

STAGES: Final = ("planned", "pilot", "open")
"""The stages in which a station holds the seat of its community."""
_ENDED: Final = ("moved", "merged", "closed")
STATION: Final = "station"


class StationRow(ReportRow):
    """A station. `entered` has for each state the lowest version in it that came, and the instant of that event."""

    collection: ClassVar[str] = "reports_stations"
    entered: dict[str, tuple[int, str]] = Field(default_factory=dict)


STATIONS: Final = Table(
    "stations",
    StationRow,
    tuple(Figure(f"{moved}_{stage}", f"{moved}_{stage}") for stage in STAGES for moved in ("entered", "left")),
    "/v1/stations/",
)


def fold(row: StationRow, message: Incoming[StationShape]) -> StationRow:
    """Return the station after the event. Street centres hold no community's seat, and are left out."""
    data = message.data
    if data.level != STATION or data.state not in {*STAGES, *_ENDED}:
        return row
    came = (data.version, instant(message))
    entered = {**row.entered, data.state: min(came, row.entered.get(data.state, came))}
    changed: dict[str, object] = {"entered": entered, "days": _days(entered)}
    if data.version > row.seen:
        changed |= {"seen": data.version, "area": data.area}
    return row.model_copy(update=changed)


def _days(entered: Mapping[str, tuple[int, str]]) -> dict[str, str]:
    """Return the day on which each stage was entered and left. A station never goes back to a stage."""
    in_order = sorted((version, day_of(at), state) for state, (version, at) in entered.items())
    days: dict[str, str] = {}
    for nth, (_, day, state) in enumerate(in_order):
        if state in STAGES:
            days[f"entered_{state}"] = day
            if nth + 1 < len(in_order):
                days[f"left_{state}"] = in_order[nth + 1][1]
    return days


PROJECTIONS: Final = follow(
    (
        StationPlanned, PilotBegun, StationOpened, StationChanged, StationRescheduled, OpeningOverdue, StationClosed,
        PlanDropped, StationMoved, StationMerged, StationTookOver,
    ),
    Kept(STATIONS, lambda data: data.id, fold),
)  # fmt: skip
