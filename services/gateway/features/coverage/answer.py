"""Answers about coverage."""

from pydantic import Field

from services.gateway.http.answers import Answer


class CoveredCommunity(Answer):
    """A community and its open station; null while it has none."""

    code: str
    name: str
    station_id: str | None


class CoverageAnswer(Answer):
    """The communities of an area, those with an open station and those without; the items are a page by code."""

    communities: int
    established: int
    pending: int
    items: list[CoveredCommunity]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")
