"""Answers about the audit, and the question to each owner."""

from typing import Final

from pydantic import Field

from services.gateway.http.answers import Answer, InstantText
from shared.contracts.access.audit import AuditRow
from shared.contracts.access.owners import (
    ReadAudit,
    ReadAuditBlocks,
    ReadCharityAudit,
    ReadCharityAuditBlocks,
    ReadStationsAudit,
    ReadStationsAuditBlocks,
    ReadVolunteeringAudit,
    ReadVolunteeringAuditBlocks,
)

OWNERS: Final[tuple[type[ReadAudit], ...]] = (ReadStationsAudit, ReadCharityAudit, ReadVolunteeringAudit)
"""The questions to the services that keep an audit; the gateway keeps its own, of keys and accounts."""
BLOCKS: Final[tuple[type[ReadAuditBlocks], ...]] = (
    ReadStationsAuditBlocks,
    ReadCharityAuditBlocks,
    ReadVolunteeringAuditBlocks,
)
"""The questions for the blocks of their chains."""


class AuditEntry(Answer):
    """A write, or a read of personal data, on record."""

    id: str
    service: str
    actor: str
    principal: str
    kind: str = Field(description="`person`, `key`, `agency` or `system`.")
    what: str = Field(description="The command or the query.")
    about: list[str] = Field(description="The ids of its subjects.")
    areas: list[str]
    at: InstantText
    correlation: str = Field(description="The request that began it, as in its events; empty for a read.")
    why: str
    on_behalf_of: str = Field(description="The person for whom the actor spoke, by telephone for example; or empty.")


def entry_of(service: str, row: AuditRow) -> AuditEntry:
    """Return an owner's row as it is listed."""
    return AuditEntry(
        id=row.id,
        service=service,
        actor=row.actor,
        principal=row.principal,
        kind=row.kind,
        what=row.what,
        about=list(row.about),
        areas=list(row.areas),
        at=row.model_dump(mode="json")["at"],
        correlation=row.correlation,
        why=row.why,
        on_behalf_of=row.on_behalf_of,
    )
