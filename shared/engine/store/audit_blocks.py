"""The blocks of the audit: a collection beside it, and the rows that the next block lists.

A block is one document, inserted whole and never changed, with the next number as its id: of two replicas that make the
same number only one can insert it, so the chain cannot fork, and a crash leaves either a block or none.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from shared.blocks import Block, Entry, Header, canonical, hash_leaf
from shared.blocks.merkle import HASH_BYTES
from shared.engine.decide.schema import Document
from shared.engine.store.durability import DURABLE, SETTLED
from shared.runtime.audit import AUDIT, row_bound

AUDIT_BLOCKS: Final = "audit_blocks"
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    AUDIT_BLOCKS: [
        IndexModel([("late", ASCENDING)], name="late", partialFilterExpression={"late": {"$gt": 0}}),
    ]
}
DROPPED: Final = "dropped"
"""The field of a block whose rows were deleted after their time, with the lists of them; its header stays."""
MOST_ROWS: Final = 1_000
"""Rows of one block."""
MOST_BYTES: Final = 4 * 1024 * 1024
"""Bytes of the rows that one block reads; a row is below 100 KiB."""
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one query."""
_PAGE: Final = 100
"""Rows that are hashed between two looks at the network, so that messages do not wait longer than some milliseconds."""
_HEADER: Final = ("former", "first", "last", "count", "late", "root", "at")


class BrokenBlockError(ValueError):
    """A stored block is none any more: somebody has changed it."""


def chain_of(service: str) -> str:
    """Return the name of the chain of that service's audit."""
    return f"{service}.{AUDIT}"


def to_document(block: Block) -> Document:
    """Return the block as it is stored: beside its header the ids of its rows, and their hashes one after the other."""
    entries = block.entries or ()
    fields = {name: getattr(block.header, name) for name in _HEADER}
    return {
        "_id": block.header.number,
        **fields,
        "hash": block.header.hash,
        "ids": [entry.id for entry in entries],
        "leaves": b"".join(entry.leaf for entry in entries),
    }


def to_header(chain: str, document: Document) -> Header:
    """Return the header of a stored block. Raises BrokenBlockError where it is none: somebody has changed it."""
    try:
        header = Header(chain=chain, number=document["_id"], **{name: document[name] for name in _HEADER})
    except KeyError as error:
        raise BrokenBlockError(f"block {document['_id']!r} of {chain} has no {error}") from None
    texts = header.former, header.first, header.last, header.root, document.get("hash")
    counts = header.number, header.count, header.late
    whole = all(isinstance(text, str) for text in texts) and all(isinstance(count, int) for count in counts)
    if not whole or not isinstance(header.at, datetime):
        raise BrokenBlockError(f"block {document['_id']!r} of {chain} has a field of another type")
    return header


def from_document(chain: str, document: Document) -> tuple[Block, str]:
    """Return a stored block, without its rows where they were deleted after their time, and its stored hash.

    Raises BrokenBlockError where it is none: somebody has changed it.
    """
    header = to_header(chain, document)
    if DROPPED in document:
        return Block(header, None), document["hash"]
    try:
        ids, leaves = document["ids"], bytes(document["leaves"])
        hashes = [leaves[at : at + HASH_BYTES] for at in range(0, len(leaves), HASH_BYTES)]
        entries = tuple(Entry(row, leaf) for row, leaf in zip(ids, hashes, strict=True))
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenBlockError(f"block {header.number} of {chain} lists no rows") from error
    if not all(isinstance(entry.id, str) for entry in entries):
        raise BrokenBlockError(f"block {header.number} of {chain} lists another thing than rows")
    return Block(header, entries), document["hash"]


class AuditBlocks:
    """The audit of one service and its blocks. Every method raises PyMongoError."""

    def __init__(self, database: Database[Document], service: str) -> None:
        self.chain = chain_of(service)
        self._rows = database.get_collection(AUDIT, read_concern=SETTLED)
        self._blocks = database.get_collection(AUDIT_BLOCKS, read_concern=SETTLED, write_concern=DURABLE)

    def find_head(self) -> Header | None:
        """Return the header of the last block; None before the first. Raises BrokenBlockError."""
        found = self._find_last()
        return None if found is None else to_header(self.chain, found)

    def find_ripe(self, head: Header | None, before: datetime) -> list[Entry]:
        """Return the rows after the head and dated before that time (UTC), the oldest first, as many as a block has."""
        bounds = {"$gt": "" if head is None else head.last, "$lt": row_bound(before)}
        found = self._rows.find({"_id": bounds}, batch_size=_PAGE).sort("_id", ASCENDING)
        return list(_enter_some(found.limit(MOST_ROWS).max_time_ms(MAX_MILLIS)))

    def measure(self) -> tuple[int, str | None]:
        """Return the number of the last block, and the id of the oldest row after it: of those that did not come late.

        0 before the first block, and for one that somebody has made unreadable.
        """
        head = self._find_last() or {}
        number, last = head.get("_id"), head.get("last")
        bounds = {"$gt": last if isinstance(last, str) else ""}
        found = self._rows.find_one({"_id": bounds}, {"_id": 1}, sort=[("_id", 1)], max_time_ms=MAX_MILLIS)
        return number if isinstance(number, int) else 0, None if found is None else str(found["_id"])

    def find_late(self, numbers: range) -> list[Entry]:
        """Return rows among the ids that these blocks have closed, and that no block lists; at most a hundred.

        Two counts over an index where there are none.
        """
        blocks = list(self.read(numbers, listed=False))
        if not blocks or any(DROPPED in block for block in blocks):
            return []
        closed = {"$gt": self._closed_before(numbers.start), "$lte": blocks[-1]["last"]}
        listed = sum(block["count"] - block["late"] for block in blocks)
        if self._count(closed) <= listed or self._count(closed) <= listed + len(late := self._find_known_late(closed)):
            return []
        known = late.union(*(block["ids"] for block in self.read(numbers)))
        ids = (row["_id"] for row in self._rows.find({"_id": closed}, {"_id": 1}).hint("_id_").max_time_ms(MAX_MILLIS))
        found = list(islice((row for row in ids if row not in known), _PAGE))
        return list(_enter_some(self._rows.find({"_id": {"$in": found}}).max_time_ms(MAX_MILLIS)))

    def append(self, block: Block) -> None:
        """Insert the block. Raises DuplicateKeyError where another replica has made one of that number."""
        self._blocks.insert_one(to_document(block))

    def read(self, numbers: range, *, listed: bool = True) -> Iterator[Document]:
        """Yield the stored blocks of these numbers in their order, without the lists of their rows unless `listed`."""
        shown = None if listed else {"ids": 0, "leaves": 0}
        yield from self._blocks.find(_numbered(numbers), shown).sort("_id", 1)

    def read_rows(self, after: str) -> Iterator[Document]:
        """Yield the rows with an id above `after` by rising id; every row where that is empty, with ids of any type."""
        yield from self._rows.find({"_id": {"$gt": after}} if after else {}).sort("_id", ASCENDING).hint("_id_")

    def find_first(self, since: str) -> tuple[int, str]:
        """Return the number of the first block that closes ids from `since` on, and the id that the one before closed.

        The number after the last where no block does.
        """
        shown = {"_id": 1}
        found = self._blocks.find_one({"last": {"$gte": since}}, shown, sort=[("_id", 1)], max_time_ms=MAX_MILLIS)
        if found is None:
            head = self.find_head()
            return (1, "") if head is None else (head.number + 1, head.last)
        return found["_id"], self._closed_before(found["_id"])

    def _find_last(self) -> Document | None:
        return self._blocks.find_one({}, {"ids": 0, "leaves": 0}, sort=[("_id", -1)], max_time_ms=MAX_MILLIS)

    def _closed_before(self, number: int) -> str:
        found = self._blocks.find_one({"_id": number - 1}, {"last": 1}, max_time_ms=MAX_MILLIS)
        return "" if found is None else str(found["last"])

    def _count(self, closed: Document) -> int:
        return self._rows.count_documents({"_id": closed}, hint="_id_", maxTimeMS=MAX_MILLIS)

    def _find_known_late(self, closed: Document) -> set[str]:
        found = self._blocks.find({"late": {"$gt": 0}}, {"ids": 1, "late": 1}).max_time_ms(MAX_MILLIS)
        late = (row for block in found for row in block.get("ids", ())[: block["late"]])
        return {row for row in late if closed["$gt"] < row <= closed["$lte"]}


def _enter_some(rows: Iterator[Document]) -> Iterator[Entry]:
    read = 0
    for row in rows:
        content = canonical(row)
        yield Entry(row["_id"], hash_leaf(content))
        read += len(content)
        if read > MOST_BYTES:
            return


def _numbered(numbers: range) -> Document:
    return {"_id": {"$gte": numbers.start, "$lt": numbers.stop}}
