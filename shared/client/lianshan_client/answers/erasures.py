"""Answers of erasures: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, PersonKind, ReasonAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ErasedCount(TypedDict):
    """The number of things of one category that were deleted."""

    category: ErasedCategory | str
    count: int


class Erasure(TypedDict):
    """An erasure with its report: `people` has the outcome about each person, in the order of the request."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    ground: ErasureGround | str
    reach: NotRequired[str]
    state: ErasureState | str
    people: list[ErasureOutcome]
    requested_at: str
    due: str
    done_at: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class ErasureOutcome(TypedDict):
    """The outcome about one person. `erased` counts by category, `kept` has the reasons for nameless data kept."""

    kind: PersonKind | str
    id: str
    state: NotRequired[PersonErasureState | str]
    waiting: NotRequired[ReasonAnswer | None]
    erased: NotRequired[list[ErasedCount]]
    kept: NotRequired[list[ReasonAnswer]]


class ErasurePage(TypedDict):
    """A page of a list, newest first."""

    items: list[Erasure]
    next: str | None


ErasedCategory = (
    Literal[
        "personal_record",
        "data_key",
        "external_ids",
        "failed_messages",
        "matching_profile",
        "open_dispatches",
        "consents",
    ]
    | str
)


ErasureGround = (
    Literal[
        "purpose_ended", "retention_over", "service_ended", "consent_withdrawn", "unlawful_handling", "required_by_law"
    ]
    | str
)


ErasureState = Literal["under_way", "overdue", "done"] | str


PersonErasureState = Literal["pending", "waiting", "erased", "unknown"] | str
