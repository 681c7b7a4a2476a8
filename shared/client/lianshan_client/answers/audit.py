"""Answers of audit: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import Literal, TypedDict


class ActorOfReference(TypedDict):
    """The principal behind a reference."""

    reference: str
    principal: str
    kind: str


class AuditEntry(TypedDict):
    """A write, or a read of personal data, on record."""

    id: str
    service: str
    actor: str
    principal: str
    kind: str
    what: str
    about: list[str]
    areas: list[str]
    at: str
    correlation: str
    why: str
    on_behalf_of: str


class AuditEntryPage(TypedDict):
    """A page of a list, newest first."""

    items: list[AuditEntry]
    next: str | None


AuditForm = Literal["ndjson", "csv"] | str
