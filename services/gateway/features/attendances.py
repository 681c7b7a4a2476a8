"""The attendance of social workers at trainings (参训记录), at `/v1/attendances`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.trainings import (
    AttendanceRecorded,
    AttendanceShape,
    AttendanceWithdrawn,
    RecordAttendance,
    WithdrawAttendance,
)

FEATURE: Final = plain_feature(
    "attendances",
    path="attendances",
    noun="attendance",
    shape=AttendanceShape,
    events=(AttendanceRecorded, AttendanceWithdrawn),
    create=RecordAttendance,
    actions={"withdraw": WithdrawAttendance},
    filters=("training_id", "worker_id", "station_id", "dimension", "year", "result", "state"),
    counted=("dimension", "year", "result", "state"),
    example={
        "training_id": "training_00k3v9x2a4b5c6d7e8f9",
        "worker_id": "worker_00k3v9x2a4b5c6d7e8f9",
        "minutes": 360,
        "points": 82,
    },
)
