"""Reads of several collections in one round trip: on a busy machine each trip waits for its turn at both ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.engine import Document, Store
from shared.people.storage import MAX_MILLIS

_PART: Final = "part_of_reads"
"""The field that tells the read of a document apart; no stored document has it."""


@dataclass(frozen=True)
class Read:
    """The documents of a collection that fit the rule, `most` of them at most, with these fields and their ids."""

    collection: str
    rule: Document
    fields: Mapping[str, int]
    most: int


def read_one(store: Store, read: Read) -> list[Document]:
    """Return the documents of one read; the store may take 5 s. Raises PyMongoError."""
    if not read.most:
        return []
    # All in the first answer: MongoDB gives 101 documents there, and the others at a further question.
    size = read.most + 1
    rows = store[read.collection].find(read.rule, read.fields, limit=read.most, batch_size=size, max_time_ms=MAX_MILLIS)
    return list(rows)


def read_together(store: Store, reads: Sequence[Read]) -> list[list[Document]]:
    """Return the documents of each read, in its order; the store may take 5 s over all. Raises PyMongoError."""
    if len(reads) <= 1:
        return [read_one(store, read) for read in reads]
    found: list[list[Document]] = [[] for _ in reads]
    first, *others = reads
    unions: list[Document] = [
        {"$unionWith": {"coll": read.collection, "pipeline": _stages(read, nth)}}
        for nth, read in enumerate(others, start=1)
    ]
    size = sum(read.most for read in reads) + 1
    pipeline = [*_stages(first, 0), *unions]
    for row in store[first.collection].aggregate(pipeline, batchSize=size, maxTimeMS=MAX_MILLIS):
        found[row.pop(_PART)].append(row)
    return found


def _stages(read: Read, nth: int) -> list[Document]:
    fields = {**read.fields, _PART: {"$literal": nth}}
    return [{"$match": read.rule}, {"$limit": max(1, read.most)}, {"$project": fields}]
