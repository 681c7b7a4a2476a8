"""Bodies of posts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.posts import PostFunction

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ChangePostBody(TypedDict):
    """Give a post another headcount, or another time by which it is filled; null stays. Answers PostShape."""

    headcount: NotRequired[int | None]
    fill_by: NotRequired[str | None]


class ClosePostBody(TypedDict):
    """Close a post. Answers PostShape."""

    reason: PostEnd


class FillPostBody(TypedDict):
    """Give a post to a social worker of its station. Answers PostShape."""

    worker_id: str


class OpenPost(TypedDict):
    """Open a post at a station or a street centre. Answers PostShape."""

    external_id: NotRequired[str | None]
    station_id: str
    function: PostFunction
    headcount: NotRequired[int]
    full_time: NotRequired[bool]
    fill_by: str


class VacatePostBody(TypedDict):
    """Record that a social worker no longer has the post, which is vacant then. Answers PostShape."""

    worker_id: str
    reason: VacancyReason
    fill_by: str


PostEnd = Literal["budget_ended", "reorganised", "opened_by_mistake"]


VacancyReason = Literal["left", "transferred", "other_post", "filled_by_mistake"]
