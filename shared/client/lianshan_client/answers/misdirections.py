"""Answers of misdirections: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Misdirection(TypedDict):
    """A misdirection: the message was about this dispatch of this volunteer, in the volunteer's area."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    volunteer_id: str
    dispatch_id: str
    reported_at: str
    state: MisdirectionState | str
    due: str
    reminded: NotRequired[int]
    resolved_at: NotRequired[str | None]
    external_id: NotRequired[str | None]


class MisdirectionPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Misdirection]
    next: str | None


class MisdirectionShape(TypedDict):
    """A misdirection: the message was about this dispatch of this volunteer, in the volunteer's area."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    volunteer_id: str
    dispatch_id: str
    reported_at: str
    state: MisdirectionState | str
    due: str
    reminded: NotRequired[int]
    resolved_at: NotRequired[str | None]


MisdirectionState = Literal["open", "contact_corrected", "contact_right", "volunteer_left"] | str
