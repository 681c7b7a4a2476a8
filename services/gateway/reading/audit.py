"""The gateway's own audit: keys made and revoked."""

from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase

from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditFilter, AuditPage
from shared.engine.decide.schema import Document
from shared.runtime.audit import AUDIT, MAX_MILLIS, audit_rule, check_auditor, to_answer


async def read_own_page(database: AsyncDatabase[Document], actor: Actor, wanted: AuditFilter) -> AuditPage:
    """Return a page as `shared.runtime.audit.read_page` does."""
    check_auditor(actor, wanted)
    found = database[AUDIT].find(audit_rule(wanted, actor.area)).sort("_id", DESCENDING).limit(wanted.limit)
    return AuditPage(items=tuple(to_answer(row, actor.area) for row in await found.max_time_ms(MAX_MILLIS).to_list()))
