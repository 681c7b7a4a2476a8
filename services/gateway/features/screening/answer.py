"""Answers about screening."""

from pydantic import Field

from services.gateway.http.answers import Answer
from shared.contracts.stations.indicators import IndicatorInForce


class IndicatorsInForce(Answer):
    """A page of the indicators that count in an area, by code."""

    items: list[IndicatorInForce]
    next: str | None = Field(description="Give it as `after` for the page that follows; null on the last.")
