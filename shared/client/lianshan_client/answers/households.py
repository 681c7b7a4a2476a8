"""Answers of households: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Household(TypedDict):
    """A household in the care of a station, with the residents who live there now. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    members: list[Member]
    state: HouseholdState | str
    dissolved_on: NotRequired[str | None]
    external_id: NotRequired[str | None]


class HouseholdPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Household]
    next: str | None


class HouseholdShape(TypedDict):
    """A household in the care of a station, with the residents who live there now. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    members: list[Member]
    state: HouseholdState | str
    dissolved_on: NotRequired[str | None]


class Member(TypedDict):
    """A resident who lives in the household since a day."""

    resident_id: str
    relation: HeadRelation | str
    since: str


HeadRelation = (
    Literal[
        "head",
        "spouse",
        "child",
        "parent",
        "grandchild",
        "grandparent",
        "sibling",
        "child_in_law",
        "parent_in_law",
        "other_relative",
        "not_related",
        "unstated",
    ]
    | str
)


HouseholdState = Literal["standing", "dissolved"] | str
