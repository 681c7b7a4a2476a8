"""Answers of alerts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder, RiskSeverity

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Alert(TypedDict):
    """An alert, at the station that cares for the person. `area` is that of the station. Minutes count from
    detection.
    """

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    screening_id: str
    indicator: str
    severity: RiskSeverity | str
    state: AlertState | str
    detected_at: str
    answer_by: str
    treat_by: str
    overdue: NotRequired[bool]
    answered_at: NotRequired[str | None]
    answered_way: NotRequired[AlertWay | str | None]
    answered_within: NotRequired[int | None]
    treated_at: NotRequired[str | None]
    treatment: NotRequired[AlertTreatment | str | None]
    treated_within: NotRequired[int | None]
    need_id: NotRequired[str | None]
    need_refused: NotRequired[str | None]
    family: FamilyState | str
    family_told_at: NotRequired[str | None]
    family_told_by: NotRequired[str | None]
    reason: NotRequired[AlertDismissal | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class AlertPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Alert]
    next: str | None


class AlertShape(TypedDict):
    """An alert, at the station that cares for the person. `area` is that of the station. Minutes count from
    detection.
    """

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    screening_id: str
    indicator: str
    severity: RiskSeverity | str
    state: AlertState | str
    detected_at: str
    answer_by: str
    treat_by: str
    overdue: NotRequired[bool]
    answered_at: NotRequired[str | None]
    answered_way: NotRequired[AlertWay | str | None]
    answered_within: NotRequired[int | None]
    treated_at: NotRequired[str | None]
    treatment: NotRequired[AlertTreatment | str | None]
    treated_within: NotRequired[int | None]
    need_id: NotRequired[str | None]
    need_refused: NotRequired[str | None]
    family: FamilyState | str
    family_told_at: NotRequired[str | None]
    family_told_by: NotRequired[str | None]
    reason: NotRequired[AlertDismissal | str | None]
    reminder: NotRequired[Reminder | None]


AlertDismissal = (
    Literal[
        "measured_wrongly", "entered_wrongly", "another_person", "known_and_treated", "result_corrected", "data_erased"
    ]
    | str
)


AlertState = Literal["detected", "answered", "treated", "dismissal_asked", "dismissed"] | str


AlertTreatment = (
    Literal[
        "seen_by_doctor",
        "in_hospital",
        "medicine_changed",
        "counselled",
        "cared_for_at_home",
        "declined_by_person",
        "need_served",
        "person_died",
    ]
    | str
)


AlertWay = Literal["in_person", "telephone", "through_family"] | str


FamilyState = Literal["without_consent", "to_tell", "told"] | str
