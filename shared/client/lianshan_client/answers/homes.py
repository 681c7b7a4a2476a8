"""Answers of homes: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Place

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Home(TypedDict):
    """A home of a plan: a place rounded to 0.01 degree, and the number and groups of its people; nothing else."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    plan_id: str
    station_id: str
    need_id: str
    place: Place
    beneficiaries: int
    groups: NotRequired[list[str]]
    state: HomeState | str
    reason: NotRequired[HomeEnd | str | None]
    external_id: NotRequired[str | None]


class HomePage(TypedDict):
    """A page of a list, newest first."""

    items: list[Home]
    next: str | None


class HomeShape(TypedDict):
    """A home of a plan: a place rounded to 0.01 degree, and the number and groups of its people; nothing else."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    plan_id: str
    station_id: str
    need_id: str
    place: Place
    beneficiaries: int
    groups: NotRequired[list[str]]
    state: HomeState | str
    reason: NotRequired[HomeEnd | str | None]


HomeEnd = (
    Literal["no_longer_needed", "resident_moved", "declined", "served_otherwise", "entered_wrongly", "words_erased"]
    | str
)


HomeState = Literal["active", "removed"] | str
