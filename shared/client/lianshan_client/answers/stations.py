"""Answers of stations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CoverageAnswer(TypedDict):
    """The communities of an area, those with a station and those without; the items are a page by code."""

    communities: int
    established: int
    pending: int
    planned: int
    pilot: int
    open: int
    items: list[CoveredCommunity]
    next: str | None


class CoveredCommunity(TypedDict):
    """A community and its station in a pilot or open; null while it has none."""

    code: str
    name: str
    station_id: str | None
    planned_id: str | None
    stage: StationStage | str | None


class Station(TypedDict):
    """A station or a street centre. It takes in needs in a pilot and while `open`."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    name: str
    level: StationLevel | str
    state: StationState | str
    opened_at: NotRequired[str | None]
    closed_at: NotRequired[str | None]
    functions: NotRequired[list[StationFunction | str]]
    brand: NotRequired[str | None]
    feature: NotRequired[str | None]
    opens_on: NotRequired[str | None]
    pilot_until: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]
    successor_id: NotRequired[str | None]
    successor_area: NotRequired[str | None]
    predecessor_id: NotRequired[str | None]
    place_by: NotRequired[str | None]
    external_id: NotRequired[str | None]


class StationPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Station]
    next: str | None


class StationShape(TypedDict):
    """A station or a street centre. It takes in needs in a pilot and while `open`."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    name: str
    level: StationLevel | str
    state: StationState | str
    opened_at: NotRequired[str | None]
    closed_at: NotRequired[str | None]
    functions: NotRequired[list[StationFunction | str]]
    brand: NotRequired[str | None]
    feature: NotRequired[str | None]
    opens_on: NotRequired[str | None]
    pilot_until: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]
    successor_id: NotRequired[str | None]
    successor_area: NotRequired[str | None]
    predecessor_id: NotRequired[str | None]
    place_by: NotRequired[str | None]


StationFunction = Literal["donation_point", "volunteer_point", "assistance_desk"] | str


StationLevel = Literal["station", "centre"] | str


StationStage = Literal["planned", "pilot", "open"] | str


StationState = Literal["planned", "pilot", "open", "moved", "merged", "closed"] | str
