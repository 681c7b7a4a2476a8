"""Calls of findings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, SupervisionTopic
from ..answers.findings import Finding, FindingPage, FindingSeverity, FindingShape, FindingState
from ..bodies.findings import (
    CloseFindingBody,
    ExtendFindingBody,
    RecordFinding,
    ReopenFindingBody,
    ReportCorrectionBody,
    WithdrawFindingBody,
)
from ..calls import Call, Listing, new_key


def record_finding(body: RecordFinding, *, idempotency_key: str | None = None) -> Call[Finding]:
    """Record a finding of a visit, with the corrective action and its time."""
    return Call("POST", "/v1/findings", body=body, idempotency_key=idempotency_key or new_key())


def list_findings(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    visit_id: str | None = None,
    state: Sequence[FindingState] | None = None,
    severity: Sequence[FindingSeverity] | None = None,
    topic: Sequence[SupervisionTopic] | None = None,
) -> Listing[FindingPage, Finding]:
    """List findings, newest first."""
    return Listing(
        "GET",
        "/v1/findings",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "visit_id": visit_id,
            "state": state,
            "severity": severity,
            "topic": topic,
        },
    )


def count_findings(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count findings by state and severity and topic."""
    return Call("GET", "/v1/findings:count", query={"area": area})


def read_finding(finding_id: str) -> Call[Finding]:
    """Show one finding."""
    return Call("GET", f"/v1/findings/{quote(finding_id, safe='')}")


def read_finding_history(
    finding_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one finding, oldest first."""
    return Listing("GET", f"/v1/findings/{quote(finding_id, safe='')}/history", query={"limit": limit, "after": after})


def extend_finding(
    finding_id: str, body: ExtendFindingBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[FindingShape]:
    """Give the station another time for the correction."""
    return Call(
        "POST",
        f"/v1/findings/{quote(finding_id, safe='')}/extend",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def report_correction(
    finding_id: str,
    body: ReportCorrectionBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[FindingShape]:
    """Report that the station has corrected a finding."""
    return Call(
        "POST",
        f"/v1/findings/{quote(finding_id, safe='')}/report-correction",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def reopen_finding(
    finding_id: str, body: ReopenFindingBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[FindingShape]:
    """Have a finding corrected again, because the correction does not hold."""
    return Call(
        "POST",
        f"/v1/findings/{quote(finding_id, safe='')}/reopen",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def close_finding(
    finding_id: str,
    body: CloseFindingBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[FindingShape]:
    """Close a finding whose correction was checked."""
    return Call(
        "POST",
        f"/v1/findings/{quote(finding_id, safe='')}/close",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def withdraw_finding(
    finding_id: str, body: WithdrawFindingBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[FindingShape]:
    """Withdraw a finding."""
    return Call(
        "POST",
        f"/v1/findings/{quote(finding_id, safe='')}/withdraw",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
