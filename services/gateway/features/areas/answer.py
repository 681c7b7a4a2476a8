"""Answers about areas, and the questions to stations that give them."""

from typing import Final

from pydantic import TypeAdapter

from services.gateway.http.answers import Answer, Listed
from services.gateway.messaging.queries import Question


class AreaName(Answer):
    """An area of the register."""

    code: str
    name: str
    level: str


class AreaAnswer(AreaName):
    """An area with those around it, nearest first."""

    within: list[AreaName]


class Imported(Answer):
    """The rows of an import: `count` in all, `changed` new or renamed."""

    count: int
    changed: int


AREAS: Final = Question("stations", "areas", TypeAdapter(Listed[AreaName]))
"""The areas directly within an area, by code: parent, after, limit."""
AREA: Final[Question[AreaAnswer | None]] = Question("stations", "area", TypeAdapter(AreaAnswer | None))
"""One area by its code; None where the register does not hold it."""
