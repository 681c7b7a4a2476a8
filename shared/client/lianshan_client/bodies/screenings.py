"""Bodies of screenings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class BeginScreeningBody(TypedDict):
    """Begin a screening: results are recorded from now on. Answers ScreeningShape."""


class CancelScreeningBody(TypedDict):
    """Cancel a screening that has not begun. Answers ScreeningShape."""

    reason: ScreeningCancellation


class EndScreeningBody(TypedDict):
    """End a screening; late results are recorded for some days, and all are corrected. Answers ScreeningShape."""


class PlanScreening(TypedDict):
    """Plan a screening by a station. Answers ScreeningShape."""

    external_id: NotRequired[str | None]
    station_id: str
    groups: NotRequired[list[str]]
    indicators: list[str]
    expected: int
    starts_at: str
    ends_at: str


class RescheduleScreeningBody(TypedDict):
    """Hold a planned screening at another time. Answers ScreeningShape."""

    starts_at: str
    ends_at: str


ScreeningCancellation = Literal["not_needed", "no_staff", "bad_weather", "planned_by_mistake"]
