"""Bodies of findings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.common import SupervisionTopic, SupervisionWithdrawal
from ..answers.findings import CorrectiveAction, FindingSeverity

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CloseFindingBody(TypedDict):
    """Close a finding whose correction was checked. Answers FindingShape."""


class ExtendFindingBody(TypedDict):
    """Give the station another time for the correction. Answers FindingShape."""

    due: str


class RecordFinding(TypedDict):
    """Record a finding of a visit, with the corrective action and its time. Answers FindingShape."""

    external_id: NotRequired[str | None]
    visit_id: str
    topic: SupervisionTopic
    severity: FindingSeverity
    action: CorrectiveAction
    due: str


class ReopenFindingBody(TypedDict):
    """Have a finding corrected again, because the correction does not hold. Answers FindingShape."""

    due: str


class ReportCorrectionBody(TypedDict):
    """Report that the station has corrected a finding. Answers FindingShape."""


class WithdrawFindingBody(TypedDict):
    """Withdraw a finding. Answers FindingShape."""

    reason: SupervisionWithdrawal
