"""Answers of screening: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import Choice, IndicatorKind, RiskSeverity, Threshold

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class AlertTimes(TypedDict):
    """The times of the alerts of one severity. A percentile is the upper bound of its class, in minutes."""

    severity: str
    alerts: int
    answered: int
    answered_p50: int | None
    answered_p90: int | None
    treated: int
    treated_p50: int | None
    treated_p90: int | None


class IndicatorInForce(TypedDict):
    """An indicator that counts at a place. `id` and `version` are those that a result keeps."""

    code: str
    zh: str
    en: str
    kind: IndicatorKind | str
    unit: NotRequired[str | None]
    scale: NotRequired[int]
    least: NotRequired[int]
    most: NotRequired[int]
    choices: NotRequired[list[Choice]]
    thresholds: list[Threshold]
    theme: str
    service: str
    source: NotRequired[str | None]
    id: str
    version: int
    area: NotRequired[str | None]


class IndicatorsInForce(TypedDict):
    """A page of the indicators that count in an area, by code."""

    items: list[IndicatorInForce]
    next: str | None


class PersonOfAlert(TypedDict):
    """The person whom an alert is about. The read is recorded."""

    id: str
    resident_id: str
    result_id: str | None


class ReadResult(TypedDict):
    """A result with its value."""

    id: str
    indicator: str
    judged_by: str
    judged_version: int
    severity: NotRequired[RiskSeverity | str | None]
    alert_id: NotRequired[str | None]
    need_id: NotRequired[str | None]
    screening_id: str
    resident_id: str
    measured: NotRequired[int | None]
    chosen: NotRequired[str | None]
    measured_at: NotRequired[str | None]
    recorded_at: str
    correction: NotRequired[ResultCorrection | str | None]
    replaced_by: NotRequired[str | None]


class ResultAnswer(TypedDict):
    """A result as it was judged, without the value. `judged_by` and `judged_version` name the indicator."""

    id: str
    indicator: str
    judged_by: str
    judged_version: int
    severity: NotRequired[RiskSeverity | str | None]
    alert_id: NotRequired[str | None]
    need_id: NotRequired[str | None]


class ResultsOfResident(TypedDict):
    """The results of a resident with their values, the newest first. Personal data; the read is recorded."""

    items: list[ReadResult]
    next: str | None
    withheld: bool


class ResultsRecorded(TypedDict):
    """The results of a resident in a screening, as they were judged."""

    screening_id: str
    items: list[ResultAnswer]


class TimesAnswer(TypedDict):
    """The times to answer and to treat the alerts of an area, by severity."""

    items: list[AlertTimes]


ResultCorrection = Literal["measured_wrongly", "entered_wrongly", "another_person"] | str
