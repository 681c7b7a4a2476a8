"""Answers of stations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, OpenOrClosed

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CoverageAnswer(TypedDict):
    """The communities of an area, those with an open station and those without; the items are a page by code."""

    communities: int
    established: int
    pending: int
    items: list[CoveredCommunity]
    next: str | None


class CoveredCommunity(TypedDict):
    """A community and its open station; null while it has none."""

    code: str
    name: str
    station_id: str | None


class Station(TypedDict):
    """A station or a street centre. It is active while `open`: only then it takes in needs."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    name: str
    level: StationLevel | str
    state: OpenOrClosed | str
    opened_at: str
    closed_at: NotRequired[str | None]
    external_id: NotRequired[str | None]


class StationPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Station]
    next: str | None


class StationShape(TypedDict):
    """A station or a street centre. It is active while `open`: only then it takes in needs."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    name: str
    level: StationLevel | str
    state: OpenOrClosed | str
    opened_at: str
    closed_at: NotRequired[str | None]


StationLevel = Literal["station", "centre"] | str
