"""The verification of a chain: its blocks one after the other, then its rows beside the lists of the blocks.

Both passes stream, so that memory does not grow with the chain; only the rows that came late are held, which are few.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final, Literal

from shared.blocks.chain import FIRST, NO_HASH, Block, Entry, Header
from shared.blocks.merkle import find_root

Kind = Literal[
    "row_changed", "row_missing", "row_inserted", "block_missing", "block_changed", "block_dropped_early", "head_cut"
]
MOST_KEPT: Final = 20
"""Faults of one kind that a report names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of a chain that is not as it was: the row's id where it is one, and the number of the block."""

    kind: Kind
    block: int
    row: str = ""


@dataclass(frozen=True, slots=True)
class LateRow:
    """A row that a block lists although a former one had closed its id."""

    entry: Entry
    block: int
    at: datetime
    """When that block was made (UTC)."""


@dataclass
class Report:
    """The result of a verification. `faults` has the first of each kind, `counts` their numbers."""

    blocks: int = 0
    rows: int = 0
    """Rows that are as their block lists them."""
    open: int = 0
    """Rows after the last block."""
    oldest_open: str = ""
    head: Header | None = None
    dropped: Header | None = None
    """The last block whose rows were deleted after their time."""
    late: dict[str, LateRow] = field(default_factory=dict)
    """The rows that came late, by their ids."""
    faults: list[Fault] = field(default_factory=list)
    counts: dict[Kind, int] = field(default_factory=dict)

    @property
    def well(self) -> bool:
        """Whether nothing is at fault."""
        return not self.faults

    def note(self, fault: Fault) -> None:
        """Take a fault."""
        self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
        if self.counts[fault.kind] <= MOST_KEPT:
            self.faults.append(fault)


def verify_blocks(
    chain: str, blocks: Iterable[tuple[Block, str]], known: Mapping[int, str], kept_since: datetime
) -> Report:
    """Return the report on the blocks of a chain, which come in the order of their numbers, each with its stored hash.

    `known` are the hashes of blocks that were published before, by number: a chain without them was cut at its end, or
    made again. Rows may have been deleted only of blocks that are older than `kept_since` (UTC).
    """
    report = Report()
    stored_before = NO_HASH
    for block, stored in blocks:
        header, expected = block.header, report.blocks + FIRST
        if header.number != expected:
            report.note(Fault("block_missing", expected))
            # Count from here on, so that one gap is one fault; the link to the block that is gone cannot hold.
            report.blocks, stored_before = header.number - FIRST, header.former
        report.blocks += 1
        linked = header.former == stored_before and header.chain == chain and header.hash == stored
        if not linked or known.get(header.number, stored) != stored or not _fits(block, report.head):
            report.note(Fault("block_changed", header.number))
        _check_dropped(report, block, kept_since)
        _take_late(report, block)
        stored_before, report.head = stored, header
    if report.blocks < max(known, default=0):
        report.note(Fault("head_cut", max(known)))
    return report


def _fits(block: Block, former: Header | None) -> bool:
    """Return whether the list of the block is the one that its header speaks of."""
    header, entries = block.header, block.entries
    if entries is None:
        return True
    ids = [entry.id for entry in entries]
    closed = "" if former is None else former.last
    in_time = [row for row in ids if row > closed]
    return (
        find_root([entry.leaf for entry in entries]).hex() == header.root
        and (len(ids), len(ids) - len(in_time)) == (header.count, header.late)
        and all(low < high for low, high in pairwise(ids))
        and (header.first, header.last) == ((in_time[0], in_time[-1]) if in_time else ("", closed))
    )


def _check_dropped(report: Report, block: Block, kept_since: datetime) -> None:
    if block.entries is not None:
        return
    # The oldest go first, and not before their time: otherwise deleting a list would hide deleted rows.
    if block.header.at > kept_since or report.dropped is not report.head:
        report.note(Fault("block_dropped_early", block.header.number))
    report.dropped = block.header


def _take_late(report: Report, block: Block) -> None:
    closed = "" if report.head is None else report.head.last
    if block.header.late and block.entries is not None:
        for entry in block.entries:
            if entry.id <= closed:
                report.late[entry.id] = LateRow(entry, block.header.number, block.header.at)


def verify_rows(report: Report, blocks: Iterable[Block], rows: Iterable[Entry], after: str = "") -> None:
    """Add to the report, which `verify_blocks` has made, the rows with an id above `after`, the `last` of a block.

    `blocks` are those after that one, up to the head of the report; `rows` are those of the store, by rising id.
    """
    listed = _list_in_time(blocks)
    late = {row_id: row for row_id, row in report.late.items() if row_id > after}
    awaited = next(listed, None)
    for row in rows:
        while awaited is not None and awaited[0].id < row.id:
            report.note(Fault("row_missing", awaited[1], awaited[0].id))
            awaited = next(listed, None)
        if awaited is not None and awaited[0].id == row.id:
            _compare(report, row, *awaited)
            awaited = next(listed, None)
        elif (came_late := late.pop(row.id, None)) is not None:
            _compare(report, row, came_late.entry, came_late.block)
        elif report.head is not None and row.id <= report.head.last:
            report.note(Fault("row_inserted", report.head.number, row.id))
        else:
            report.open += 1
            report.oldest_open = report.oldest_open or row.id
    while awaited is not None:
        report.note(Fault("row_missing", awaited[1], awaited[0].id))
        awaited = next(listed, None)
    for row_id, missing in late.items():
        report.note(Fault("row_missing", missing.block, row_id))


def _list_in_time(blocks: Iterable[Block]) -> Iterator[tuple[Entry, int]]:
    for block in blocks:
        entries = block.entries or ()
        # The late ones have the lowest ids of their block.
        for entry in entries[block.header.late :]:
            yield entry, block.header.number


def _compare(report: Report, row: Entry, listed: Entry, block: int) -> None:
    if row.leaf == listed.leaf:
        report.rows += 1
    else:
        report.note(Fault("row_changed", block, row.id))
