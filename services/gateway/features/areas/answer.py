"""Answers about areas."""

from services.gateway.http.answers import Answer


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
