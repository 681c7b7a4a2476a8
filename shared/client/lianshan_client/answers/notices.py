"""Answers of notices: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NoticeLanguage, NoticeTemplate, ReasonAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class NoticeAnswer(TypedDict):
    """A notice to the volunteer of one dispatch, without name, telephone or text."""

    id: str
    dispatch_id: str
    volunteer_id: str
    template: NoticeTemplate | str
    state: NoticeState | str
    tries: int
    made_at: str
    ended_at: NotRequired[str | None]
    reason: NotRequired[ReasonAnswer | None]
    due: NotRequired[str | None]
    give_up_at: str


class NoticeChoiceAnswer(TypedDict):
    """Whether a volunteer is sent notices, and in which language; null stands for the city's."""

    volunteer_id: str
    version: int
    wanted: bool
    language: NotRequired[NoticeLanguage | str | None]


class NoticePage(TypedDict):
    """A page of a list, newest first."""

    items: list[NoticeAnswer]
    next: str | None


NoticeState = Literal["due", "sent", "failed", "skipped", "delivered", "undelivered"] | str
