"""Answers of inactivities: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Inactivity(TypedDict):
    """The inactivity of one volunteer. `minutes`, 1 at least, are those that were to be spent when it was opened."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    volunteer_id: str
    minutes: int
    state: InactivityState | str
    opened_at: str
    due: str
    reason: NotRequired[InactivityReason | str | None]
    kept_until: NotRequired[str | None]
    external_id: NotRequired[str | None]


class InactivityPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Inactivity]
    next: str | None


class InactivityShape(TypedDict):
    """The inactivity of one volunteer. `minutes`, 1 at least, are those that were to be spent when it was opened."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    volunteer_id: str
    minutes: int
    state: InactivityState | str
    opened_at: str
    due: str
    reason: NotRequired[InactivityReason | str | None]
    kept_until: NotRequired[str | None]


InactivityReason = (
    Literal[
        "hours_will_be_spent",
        "proof_requested",
        "dispute_open",
        "will_return",
        "active_again",
        "hours_spent",
        "data_erased",
    ]
    | str
)


InactivityState = Literal["open", "kept", "ended"] | str
