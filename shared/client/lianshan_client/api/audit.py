"""Calls of audit: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from urllib.parse import quote

from ..answers.audit import ActorOfReference, AuditEntry, AuditEntryPage, AuditForm
from ..calls import Call, Listing


def list_audit(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Listing[AuditEntryPage, AuditEntry]:
    """List writes and reads of personal data, newest first. Complete or refused: every owner is asked."""
    return Listing(
        "GET",
        "/v1/audit",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "subject": subject,
            "actor": actor,
            "since": since,
            "until": until,
        },
    )


def export_audit(
    *,
    form: AuditForm | None = None,
    area: str | None = None,
    subject: str | None = None,
    actor: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Call[str]:
    """Export the rows that `GET /v1/audit` lists as one file, service by service, the newest first. It is recorded."""
    return Call(
        "GET",
        "/v1/audit/export",
        query={"form": form, "area": area, "subject": subject, "actor": actor, "since": since, "until": until},
    )


def read_actor(reference: str) -> Call[ActorOfReference]:
    """Show the principal behind a reference in an event. The read is recorded."""
    return Call("GET", f"/v1/actors/{quote(reference, safe='')}")
