"""Calls of attendances: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.attendances import Attendance, AttendancePage, AttendanceShape, ExamResult
from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, TrainingDimension, VisitState
from ..bodies.attendances import RecordAttendance, WithdrawAttendanceBody
from ..calls import Call, Listing, new_key


def record_attendance(body: RecordAttendance, *, idempotency_key: str | None = None) -> Call[Attendance]:
    """Record that a social worker attended a training that was held, once each."""
    return Call("POST", "/v1/attendances", body=body, idempotency_key=idempotency_key or new_key())


def list_attendances(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    training_id: str | None = None,
    worker_id: str | None = None,
    station_id: str | None = None,
    dimension: Sequence[TrainingDimension] | None = None,
    year: int | None = None,
    result: Sequence[ExamResult] | None = None,
    state: Sequence[VisitState] | None = None,
) -> Listing[AttendancePage, Attendance]:
    """List attendances, newest first."""
    return Listing(
        "GET",
        "/v1/attendances",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "training_id": training_id,
            "worker_id": worker_id,
            "station_id": station_id,
            "dimension": dimension,
            "year": year,
            "result": result,
            "state": state,
        },
    )


def count_attendances(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count attendances by dimension and year and result and state."""
    return Call("GET", "/v1/attendances:count", query={"area": area})


def read_attendance(attendance_id: str) -> Call[Attendance]:
    """Show one attendance."""
    return Call("GET", f"/v1/attendances/{quote(attendance_id, safe='')}")


def read_attendance_history(
    attendance_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one attendance, oldest first."""
    return Listing(
        "GET", f"/v1/attendances/{quote(attendance_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def withdraw_attendance(
    attendance_id: str,
    body: WithdrawAttendanceBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[AttendanceShape]:
    """Withdraw the record of an attendance: its minutes count no more."""
    return Call(
        "POST",
        f"/v1/attendances/{quote(attendance_id, safe='')}/withdraw",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
