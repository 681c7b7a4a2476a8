"""Bodies of attendances: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.attendances import AttendanceWithdrawal

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class RecordAttendance(TypedDict):
    """Record that a social worker attended a training that was held, once each. Answers AttendanceShape."""

    external_id: NotRequired[str | None]
    training_id: str
    worker_id: str
    minutes: int
    points: NotRequired[int | None]


class WithdrawAttendanceBody(TypedDict):
    """Withdraw the record of an attendance: its minutes count no more. Answers AttendanceShape."""

    reason: AttendanceWithdrawal
