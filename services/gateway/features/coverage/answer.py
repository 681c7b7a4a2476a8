"""Answers about coverage."""

from typing import Annotated

from pydantic import Field

from services.gateway.http.answers import Answer
from shared.contracts.messages import OPEN
from shared.contracts.stations.network import Stage


class CoveredCommunity(Answer):
    """A community and its station in a pilot or open; null while it has none."""

    code: str
    name: str
    station_id: str | None
    planned_id: str | None
    stage: Annotated[Stage, OPEN] | None


class CoverageAnswer(Answer):
    """The communities of an area, those with a station and those without; the items are a page by code."""

    communities: int
    established: int
    pending: int
    planned: int
    pilot: int
    open: int
    items: list[CoveredCommunity]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")
