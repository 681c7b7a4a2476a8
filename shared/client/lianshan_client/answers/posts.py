"""Answers of posts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Post(TypedDict):
    """A post of a station, with the social workers who have it. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    function: PostFunction | str
    headcount: int
    full_time: bool
    workers: NotRequired[list[str]]
    vacant: int
    state: PostState | str
    fill_by: str
    opened_at: str
    closed_at: NotRequired[str | None]
    reason: NotRequired[PostClosing | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class PostPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Post]
    next: str | None


class PostShape(TypedDict):
    """A post of a station, with the social workers who have it. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    function: PostFunction | str
    headcount: int
    full_time: bool
    workers: NotRequired[list[str]]
    vacant: int
    state: PostState | str
    fill_by: str
    opened_at: str
    closed_at: NotRequired[str | None]
    reason: NotRequired[PostClosing | str | None]
    reminder: NotRequired[Reminder | None]


PostClosing = Literal["budget_ended", "reorganised", "opened_by_mistake", "station_closed"] | str


PostFunction = (
    Literal[
        "centre_head",
        "station_head",
        "supervisor",
        "caseworker",
        "group_worker",
        "community_worker",
        "project_officer",
        "resource_officer",
        "volunteer_officer",
        "training_officer",
        "clerk",
    ]
    | str
)


PostState = Literal["vacant", "filled", "closed"] | str
