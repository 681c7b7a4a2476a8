"""The gateway's own audit: keys, accounts, sessions and webhooks made, changed and ended."""

from pymongo import DESCENDING
from pymongo.asynchronous.database import AsyncDatabase

from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditBlock, AuditFilter, AuditPage
from shared.engine.decide.schema import Document
from shared.engine.store.audit_blocks import AUDIT_BLOCKS, chain_of, to_header
from shared.engine.store.audit_proofs import SORT, find_proofs, show_block, show_proved
from shared.runtime.audit import AUDIT, MAX_MILLIS, audit_rule, check_auditor, to_answer


async def read_own_page(database: AsyncDatabase[Document], actor: Actor, wanted: AuditFilter) -> AuditPage:
    """Return a page as `shared.runtime.audit.read_page` does, with proofs where they are wanted."""
    check_auditor(actor, wanted)
    found = database[AUDIT].find(audit_rule(wanted, actor.area)).sort("_id", DESCENDING).limit(wanted.limit)
    rows = await found.max_time_ms(MAX_MILLIS).to_list()
    page = AuditPage(items=tuple(to_answer(row, actor.area) for row in rows))
    if not wanted.proved or actor.area:
        return page
    search = find_proofs([row["_id"] for row in rows])
    try:
        rule = next(search)
        while True:
            rule = search.send(await database[AUDIT_BLOCKS].find_one(rule, sort=SORT, max_time_ms=MAX_MILLIS))
    except StopIteration as done:
        return show_proved(page, {row["_id"]: row for row in rows}, done.value)


async def read_own_blocks(database: AsyncDatabase[Document], above: int, limit: int) -> list[AuditBlock]:
    """Return headers of the gateway's chain above that number."""
    rule = {"_id": {"$gt": above}}
    found = database[AUDIT_BLOCKS].find(rule, {"ids": 0, "leaves": 0}).sort("_id", 1).limit(limit)
    documents = await found.max_time_ms(MAX_MILLIS).to_list()
    return [show_block(to_header(chain_of("gateway"), document)) for document in documents]
