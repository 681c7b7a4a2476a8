"""Findings of visits (督导问题) and their corrections, at `/v1/findings`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.supervision import (
    CloseFinding,
    ExtendFinding,
    FindingClosed,
    FindingCorrected,
    FindingExtended,
    FindingHandedOver,
    FindingOverdue,
    FindingRecorded,
    FindingReopened,
    FindingShape,
    FindingWithdrawn,
    RecordFinding,
    ReopenFinding,
    ReportCorrection,
    WithdrawFinding,
)

FEATURE: Final = plain_feature(
    "findings",
    path="findings",
    noun="finding",
    shape=FindingShape,
    events=(
        FindingRecorded,
        FindingExtended,
        FindingCorrected,
        FindingReopened,
        FindingClosed,
        FindingWithdrawn,
        FindingOverdue,
        FindingHandedOver,
    ),
    create=RecordFinding,
    actions={
        "extend": ExtendFinding,
        "report-correction": ReportCorrection,
        "reopen": ReopenFinding,
        "close": CloseFinding,
        "withdraw": WithdrawFinding,
    },
    filters=("station_id", "visit_id", "state", "severity", "topic"),
    counted=("state", "severity", "topic"),
    example={
        "visit_id": "visit_00k3v9x2a4b5c6d7e8f9",
        "topic": "case_records",
        "severity": "major",
        "action": "complete_records",
        "due": "2030-05-01T10:00:00Z",
    },
)
