"""Answers of calls: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, NoticeTemplate

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class VolunteerCall(TypedDict):
    """A call by the station in the place of a notice; `due` is the instant after which it is of no use."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    dispatch_id: str
    need_id: str
    volunteer_id: str
    template: NoticeTemplate | str
    state: CallState | str
    reason: CallReason | str
    opened_at: str
    due: str
    outcome: NotRequired[CallOutcome | str | None]
    ended_at: NotRequired[str | None]
    external_id: NotRequired[str | None]


class VolunteerCallPage(TypedDict):
    """A page of a list, newest first."""

    items: list[VolunteerCall]
    next: str | None


class VolunteerCallShape(TypedDict):
    """A call by the station in the place of a notice; `due` is the instant after which it is of no use."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    dispatch_id: str
    need_id: str
    volunteer_id: str
    template: NoticeTemplate | str
    state: CallState | str
    reason: CallReason | str
    opened_at: str
    due: str
    outcome: NotRequired[CallOutcome | str | None]
    ended_at: NotRequired[str | None]


CallOutcome = Literal["reached", "not_reached", "answered", "over", "delivered"] | str


CallReason = (
    Literal["opted_out", "without_phone", "without_email", "contact_doubted", "not_delivered", "too_late"] | str
)


CallState = Literal["open", "ended"] | str
