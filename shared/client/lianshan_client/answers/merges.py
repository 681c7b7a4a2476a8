"""Answers of merges: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class DispatchOfMerge(TypedDict):
    """An open dispatch that the merge or its undoing has changed."""

    dispatch_id: str
    outcome: DispatchOutcome | str
    overlaps: NotRequired[str | None]


class IdentityAnswer(TypedDict):
    """The ids of a person: `id` stands for all of `merged_ids`. `version` is that of If-Match for a merge."""

    id: str
    version: int
    merged_ids: list[str]


class MergeAnswer(TypedDict):
    """A merge: `merged_id` stands for `survivor_id` from `merged_at` on, until `unmerged_at`."""

    id: str
    version: int
    area: str
    merged_id: str
    survivor_id: str
    state: MergeState | str
    reason: MergeReason | str
    merged_at: str
    merged_by: str
    unmerged_because: NotRequired[UnmergeReason | str | None]
    unmerged_at: NotRequired[str | None]
    unmerged_by: NotRequired[str | None]
    dispatches: NotRequired[list[DispatchOfMerge]]


class MergesAnswer(TypedDict):
    """The ids of a person as they stand, and a page of the merges that led to them, newest first."""

    person: IdentityAnswer
    items: list[MergeAnswer]
    next: str | None


DispatchOutcome = Literal["taken_over", "withdrawn", "released", "returned"] | str


MergeReason = Literal["registered_twice", "imported_twice"] | str


MergeState = Literal["merged", "unmerged"] | str


UnmergeReason = Literal["different_people", "merged_by_mistake"] | str
