"""Answers of areas: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class AreaAnswer(TypedDict):
    """An area with those around it, nearest first."""

    code: str
    name: str
    level: AreaLevel | str
    within: list[AreaName]


class AreaName(TypedDict):
    """An area of the register."""

    code: str
    name: str
    level: AreaLevel | str


class AreaNamePage(TypedDict):
    """A page of a list, newest first."""

    items: list[AreaName]
    next: str | None


class Imported(TypedDict):
    """The rows of an import: `count` in all, `changed` new or renamed."""

    count: int
    changed: int


AreaLevel = Literal["province", "city", "district", "street", "community"] | str
