"""Bodies of stations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.stations import StationLevel

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CloseStationBody(TypedDict):
    """Close a station. Its open needs go on; it takes in no new ones. Answers StationShape."""


class OpenStation(TypedDict):
    """Open a station in a community, or a centre in a street, that has none. Answers StationShape."""

    external_id: NotRequired[str | None]
    area: str
    name: str
    level: StationLevel
