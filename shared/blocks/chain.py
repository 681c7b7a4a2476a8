"""Chains of blocks over rows that were written before: each block has the hash of the one before it.

A row has an id that rises with its time. A block closes the ids up to `last`: a row that comes later with a lower one
is listed by a later block, where everybody sees that it came late. Rows are not changed, and know of no block.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from shared.blocks.canonical import canonical
from shared.blocks.merkle import find_root, hash_leaf

FIRST: Final = 1
"""The number of a chain's first block."""
NO_HASH: Final = ""
"""The hash before the first block."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row in a block: its id, and the hash of its canonical form."""

    id: str
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """The part of a block that is hashed, and that stays when its rows are deleted after their time."""

    chain: str
    """The name of the chain, so that a block of one cannot stand in another: `charity.audit`."""
    number: int
    """Without a gap, from 1."""
    former: str
    """The hash of the block before, in hexadecimal digits; empty in the first."""
    first: str
    """The id of the first row in time; empty where all of them came late."""
    last: str
    """The highest id that is closed; it never falls."""
    count: int
    late: int
    """How many of the rows came late: their ids are not above the former block's `last`."""
    root: str
    """The root of the Merkle tree over the rows, in the order of their ids, in hexadecimal digits."""
    at: datetime
    """When the block was made (UTC)."""

    @property
    def hash(self) -> str:
        """The hash of the block in hexadecimal digits."""
        return sha256(canonical({name: getattr(self, name) for name in self.__slots__})).hexdigest()


@dataclass(frozen=True, slots=True)
class Block:
    """A block with its rows in the order of their ids; None after they were deleted."""

    header: Header
    entries: tuple[Entry, ...] | None


def enter(row_id: str, row: Mapping[str, object]) -> Entry:
    """Return a row as a block lists it."""
    return Entry(row_id, hash_leaf(canonical(row)))


def build_block(chain: str, former: Header | None, entries: Sequence[Entry], at: datetime) -> Block:
    """Return the block after `former`, None before the first, with these rows in any order, made at that time (UTC).

    Raises ValueError where there is no row, or one twice.
    """
    ordered = tuple(sorted(entries, key=lambda entry: entry.id))
    if not ordered or len({entry.id for entry in ordered}) < len(ordered):
        raise ValueError("a block has rows, and none of them twice")
    closed = "" if former is None else former.last
    in_time = [entry.id for entry in ordered if entry.id > closed]
    header = Header(
        chain=chain,
        number=FIRST if former is None else former.number + 1,
        former=NO_HASH if former is None else former.hash,
        first=in_time[0] if in_time else "",
        last=in_time[-1] if in_time else closed,
        count=len(ordered),
        late=len(ordered) - len(in_time),
        root=find_root([entry.leaf for entry in ordered]).hex(),
        at=at,
    )
    return Block(header, ordered)
