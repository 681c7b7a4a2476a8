"""Bodies of merges: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.merges import MergeReason, UnmergeReason

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class MergeIn(TypedDict):
    """The id that stands for both from now on, its version as it was seen, and the reason."""

    into_id: str
    expected_into_version: NotRequired[int | None]
    reason_code: NotRequired[MergeReason]


class UnmergeIn(TypedDict):
    """The reason to part the ids again."""

    reason_code: UnmergeReason
