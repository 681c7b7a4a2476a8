"""Findings of visits (督导问题) and their corrections, at `/v1/findings`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from services.gateway.projection.feature import Task
from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.supervision import (
    CloseFinding,
    ExtendFinding,
    FindingClosed,
    FindingCorrected,
    FindingExtended,
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
from shared.engine import Incoming

_PLAIN: Final = plain_feature(
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


def _list_tasks(message: Incoming[Any]) -> Sequence[Task]:
    """Return the next step: the station's while it has to correct the finding, then that of the level above."""
    finding: FindingShape = message.data
    path = f"/v1/{_PLAIN.path}/{finding.id}"
    owing = finding.station_id if finding.state == "open" else None
    return [Task(_PLAIN.noun, finding.id, finding.version, finding.area, path, finding.next_step, owing)]


FEATURE: Final = replace(_PLAIN, tasks=dict.fromkeys(_PLAIN.tasks, _list_tasks))
