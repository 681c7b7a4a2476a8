"""Documents read as streams: in chunks, sorted, and several collections of any size side by side."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from pymongo.collection import Collection

from deploy.lianshan.stores import Document

MAX_BREACHES: Final = 20
"""Breaches of one rule that are put into words; more would hide the others, and the stores hold them all."""
CHUNK: Final = 500
STREAM: Final = 5000
"""Documents of one answer of the server, where only a few fields of each are read."""


def split_into_chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Yield the documents in lists of CHUNK, so that their related documents cost one query a list."""
    iterator = iter(documents)
    while part := list(islice(iterator, CHUNK)):
        yield part


def walk_side_by_side(*streams: Iterable[Document]) -> Iterator[tuple[str, Sequence[Document | None]]]:
    """Walk streams that are sorted by `_id` together: yield each id once, with each stream's document or None.

    So collections of millions are compared and none is kept in memory. Of several documents of one stream with the same
    id the first counts.
    """
    walking = [iter(stream) for stream in streams]
    heads = [next(stream, None) for stream in walking]
    while present := [head["_id"] for head in heads if head is not None]:
        lowest = min(present)
        found: list[Document | None] = [None] * len(heads)
        for nth, head in enumerate(heads):
            if head is not None and head["_id"] == lowest:
                found[nth] = head
                while (head := next(walking[nth], None)) is not None and head["_id"] == lowest:
                    continue
                heads[nth] = head
        yield lowest, found


def find_sorted(
    collection: "Collection[Document]", fields: Document, rule: Document | None = None
) -> "Iterator[Document]":
    """Return the documents sorted by `_id`, for `walk_side_by_side`.

    MongoDB's binary order of text is Python's order as well, so that both agree which id comes next.
    """
    return collection.find(rule or {}, fields, batch_size=STREAM).sort("_id", 1)


def find_by_id(
    collection: "Collection[Document]", ids: Iterable[str], fields: Document | None = None
) -> dict[str, Document]:
    """Return by id the documents that exist."""
    return {row["_id"]: row for row in collection.find({"_id": {"$in": list(ids)}}, fields)}
