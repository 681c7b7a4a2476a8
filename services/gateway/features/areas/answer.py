"""Answers about areas."""

from typing import Annotated, Literal

from services.gateway.http.answers import Answer
from shared.contracts.messages import OPEN

AreaLevel = Literal["province", "city", "district", "street", "community"]


class AreaName(Answer):
    """An area of the register."""

    code: str
    name: str
    level: Annotated[AreaLevel, OPEN]


class AreaAnswer(AreaName):
    """An area with those around it, nearest first."""

    within: list[AreaName]


class Imported(Answer):
    """The rows of an import: `count` in all, `changed` new or renamed."""

    count: int
    changed: int
