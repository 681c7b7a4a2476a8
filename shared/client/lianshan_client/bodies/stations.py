"""Bodies of stations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.stations import StationFunction, StationLevel, StationStage

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class BeginPilotBody(TypedDict):
    """Let a planned station take in needs in a pilot. Answers StationShape."""

    pilot_until: NotRequired[str | None]


class ChangeStationBody(TypedDict):
    """Replace the name, the functions, the brand and the feature of a station. Answers StationShape."""

    name: str
    functions: NotRequired[list[StationFunction]]
    brand: NotRequired[str | None]
    feature: NotRequired[str | None]


class CloseStationBody(TypedDict):
    """Close a station, or drop its plan. Its open needs go on; it takes in no new ones. Answers StationShape."""


class MergeStationBody(TypedDict):
    """Merge a station into another of its level in the same city. Answers StationShape."""

    into_id: str


class MoveStationBody(TypedDict):
    """Move a station to another community of its city, or a centre to another street. Answers StationShape."""

    area: str
    name: NotRequired[str | None]


class OpenInFullBody(TypedDict):
    """Open a planned station, or one in a pilot, in full. Answers StationShape."""


class OpenStation(TypedDict):
    """Open or plan a station in a community, or a centre in a street, that has none. Answers StationShape."""

    external_id: NotRequired[str | None]
    name: str
    functions: NotRequired[list[StationFunction]]
    brand: NotRequired[str | None]
    feature: NotRequired[str | None]
    area: str
    level: StationLevel
    stage: NotRequired[StationStage]
    opens_on: NotRequired[str | None]
    pilot_until: NotRequired[str | None]


class RescheduleStationBody(TypedDict):
    """Plan the opening of a station for another day, or let its pilot last until another. Answers StationShape."""

    day: str
