"""Proofs that rows of the audit stand in the chain of blocks, which anybody can check without the store.

The search is a generator that yields the rule of the next block and takes the block that was found, so that it serves
stores that block and stores that do not.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Final

from pymongo.database import Database

from shared.blocks import Header, canonical, prove
from shared.blocks.merkle import HASH_BYTES
from shared.contracts.access.audit import AuditBlock, AuditPage, AuditRow, RowProof
from shared.engine.decide.schema import Document
from shared.engine.store.audit_blocks import AUDIT_BLOCKS, DROPPED, MAX_MILLIS, AuditBlocks, to_header
from shared.engine.store.durability import SETTLED
from shared.runtime.audit import AUDIT

Search = Generator[Document, Document | None, dict[str, RowProof]]
SORT: Final = [("_id", 1)]


def find_proofs(row_ids: Sequence[str]) -> Search:
    """Return the proofs of the rows, by their ids; without those that no block lists yet, or whose lists were dropped.

    Yields the rule of a block, and takes the first that fits. Holds one block at a time.
    """
    proofs: dict[str, RowProof] = {}
    block: Document | None = None
    for row_id in sorted(row_ids):
        if block is None or row_id > block["last"]:
            block = yield {"last": {"$gte": row_id}}
        proof = None if block is None else _prove(block, row_id)
        if proof is None:
            late = yield {"late": {"$gt": 0}, "ids": row_id}
            proof = None if late is None else _prove(late, row_id)
        if proof is not None:
            proofs[row_id] = proof
    return proofs


def show_proved(page: AuditPage, stored: Mapping[str, Document], proofs: Mapping[str, RowProof]) -> AuditPage:
    """Return the page with the stored form and the proof of each row."""
    return AuditPage(items=tuple(_show(row, stored, proofs) for row in page.items))


def read_proved(store: Database[Document], page: AuditPage) -> AuditPage:
    """Return the page of that store with its proofs. Raises PyMongoError."""
    ids = [row.id for row in page.items]
    rows = store.get_collection(AUDIT, read_concern=SETTLED).find({"_id": {"$in": ids}}).max_time_ms(MAX_MILLIS)
    stored = {row["_id"]: row for row in rows}
    blocks = store.get_collection(AUDIT_BLOCKS, read_concern=SETTLED)
    search = find_proofs(ids)
    try:
        rule = next(search)
        while True:
            rule = search.send(blocks.find_one(rule, sort=SORT, max_time_ms=MAX_MILLIS))
    except StopIteration as done:
        return show_proved(page, stored, done.value)


def read_headers(store: Database[Document], service: str, above: int, limit: int) -> tuple[AuditBlock, ...]:
    """Return the headers of at most `limit` blocks above that number. Raises BrokenBlockError, PyMongoError."""
    blocks = AuditBlocks(store, service)
    found = blocks.read(range(above + 1, above + 1 + limit), listed=False)
    return tuple(show_block(to_header(blocks.chain, each)) for each in found)


def show_block(header: Header) -> AuditBlock:
    """Return the header as it is answered."""
    return AuditBlock(
        chain=header.chain,
        number=header.number,
        former=header.former,
        first=header.first,
        last=header.last,
        count=header.count,
        late=header.late,
        root=header.root,
        at=header.at,
        hash=header.hash,
    )


def _prove(block: Document, row_id: str) -> RowProof | None:
    if DROPPED in block or row_id not in block["ids"]:
        return None
    index, leaves = block["ids"].index(row_id), bytes(block["leaves"])
    hashes = [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]
    path = tuple(each.hex() for each in prove(hashes, index))
    return RowProof(block=block["_id"], index=index, path=path)


def _show(row: AuditRow, stored: Mapping[str, Document], proofs: Mapping[str, RowProof]) -> AuditRow:
    content = canonical(stored[row.id]).decode("utf-8", "surrogatepass")
    return row.model_copy(update={"stored": content, "proof": proofs.get(row.id)})
