"""Answers of dispatches: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import DispatchState, ReasonAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AnswerLinkAnswer(TypedDict):
    """A link by which the volunteer answers without an account, to be shown or printed."""

    dispatch_id: str
    path: str | None
    ends_at: str


class DispatchAnswer(TypedDict):
    """One volunteer's part in one need, and why this volunteer was chosen."""

    id: str
    version: int
    need_id: str
    volunteer_id: str
    state: DispatchState | str
    ring: Ring | str
    wave: int
    standing: bool
    starts_at: str
    ends_at: str
    expires_at: str | None
    checked_in_at: str | None
    checked_out_at: str | None
    minutes: int
    stated_for: NotRequired[HoursReason | str | None]
    hours_due: NotRequired[str | None]
    reminded: NotRequired[int]
    short_minutes: NotRequired[int]
    why: ReasonAnswer
    area: str


class DispatchPage(TypedDict):
    """A page of a list, newest first."""

    items: list[DispatchAnswer]
    next: str | None


HoursReason = (
    Literal[
        "forgot_check_out",
        "left_earlier",
        "left_later",
        "came_earlier",
        "came_later",
        "did_not_serve",
        "recorded_wrongly",
    ]
    | str
)


Ring = Literal["community", "street", "district", "city"] | str
