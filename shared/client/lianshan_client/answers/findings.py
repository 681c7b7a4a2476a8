"""Answers of findings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder, SupervisionTopic, SupervisionWithdrawal

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Finding(TypedDict):
    """A finding of a visit, with the corrective action that the station owes. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    visit_id: str
    station_id: str
    topic: SupervisionTopic | str
    severity: FindingSeverity | str
    action: CorrectiveAction | str
    due: str
    state: FindingState | str
    corrected_at: NotRequired[str | None]
    reopened: NotRequired[int]
    reason: NotRequired[SupervisionWithdrawal | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class FindingPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Finding]
    next: str | None


class FindingShape(TypedDict):
    """A finding of a visit, with the corrective action that the station owes. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    visit_id: str
    station_id: str
    topic: SupervisionTopic | str
    severity: FindingSeverity | str
    action: CorrectiveAction | str
    due: str
    state: FindingState | str
    corrected_at: NotRequired[str | None]
    reopened: NotRequired[int]
    reason: NotRequired[SupervisionWithdrawal | str | None]
    reminder: NotRequired[Reminder | None]


CorrectiveAction = (
    Literal[
        "complete_records",
        "train_staff",
        "fill_post",
        "change_procedure",
        "mend_premises",
        "secure_data",
        "correct_accounts",
        "resume_service",
    ]
    | str
)


FindingSeverity = Literal["minor", "major", "serious"] | str


FindingState = Literal["open", "corrected", "closed", "withdrawn"] | str
