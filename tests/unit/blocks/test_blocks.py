"""Chained blocks: any row or block that is changed, removed or inserted afterwards is found, and named."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.blocks import (
    Block,
    Entry,
    Header,
    Report,
    build_block,
    canonical,
    enter,
    hash_leaf,
    is_proved,
    prove,
    verify_blocks,
    verify_rows,
)
from shared.blocks.merkle import find_root

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CHAIN = "charity.audit"
Row = dict[str, Any]


def row(number: int, **more: Any) -> Row:
    return {"_id": f"{number:013d}.a", "what": "Donate", "about": [f"donor_{number}"], "at": AT, **more}


@dataclass
class Store:
    """A chain with its rows, as somebody with the rights on the store can change them."""

    blocks: list[tuple[Block, str]]
    rows: dict[str, Row]

    @classmethod
    def of(cls, *parts: Sequence[Row]) -> "Store":
        """Rows that are listed in a block for each part; those of the last part are in none yet."""
        store = cls([], {r["_id"]: r for part in parts for r in part})
        former: Header | None = None
        for part in parts[:-1]:
            block = build_block(CHAIN, former, [enter(r["_id"], r) for r in part], AT)
            former = block.header
            store.blocks.append((block, block.header.hash))
        return store

    def verify(self, known: dict[int, str] | None = None, kept_since: datetime = AT - timedelta(days=1)) -> Report:
        report = verify_blocks(CHAIN, self.blocks, known or {}, kept_since)
        rows = (enter(row_id, self.rows[row_id]) for row_id in sorted(self.rows))
        verify_rows(report, [block for block, _ in self.blocks], rows)
        return report

    def faults(self, **more: Any) -> list[tuple[str, int, str]]:
        return [(fault.kind, fault.block, fault.row) for fault in self.verify(**more).faults]


def store() -> Store:
    """Three blocks of four, three and one rows, and two rows after them. The third block lists a late one as well."""
    late = {**row(2), "_id": f"{2:013d}.b"}
    return Store.of([row(n) for n in range(4)], [row(n) for n in (5, 6, 7)], [row(9), late], [row(12), row(13)])


def test_rows_as_they_were_written_verify_and_those_in_no_block_are_counted() -> None:
    report = store().verify()
    assert report.well
    assert (report.blocks, report.rows, report.open, report.oldest_open) == (3, 9, 2, f"{12:013d}.a")
    assert [(late.entry.id, late.block) for late in report.late.values()] == [(f"{2:013d}.b", 3)]


@given(st.integers(0, 8), st.sampled_from(["what", "about", "at", "more"]))
def test_any_change_of_any_row_is_named_with_its_block(nth: int, field: str) -> None:
    changed = store()
    listed = [entry.id for block, _ in changed.blocks for entry in block.entries or ()]
    other = {"what": "donate", "about": ["donor_0", ""], "at": AT + timedelta(milliseconds=1), "more": None}[field]
    changed.rows[listed[nth]] = {**changed.rows[listed[nth]], field: other}
    ((kind, number, name),) = changed.faults()
    assert (kind, name) == ("row_changed", listed[nth])
    assert name in {entry.id for entry in changed.blocks[number - 1][0].entries or ()}


@given(st.integers(0, 8))
def test_any_row_that_is_removed_is_named(nth: int) -> None:
    changed = store()
    listed = [entry.id for block, _ in changed.blocks for entry in block.entries or ()]
    del changed.rows[listed[nth]]
    assert [(kind, name) for kind, _, name in changed.faults()] == [("row_missing", listed[nth])]


@given(st.integers(0, 9))
def test_any_row_that_is_inserted_among_the_closed_ones_is_named(number: int) -> None:
    changed = store()
    changed.rows[f"{number:013d}.0"] = row(number)
    assert [(kind, name) for kind, _, name in changed.faults()] == [("row_inserted", f"{number:013d}.0")]


@given(st.integers(0, 2), st.sampled_from(["former", "first", "last", "count", "late", "root", "at", "chain"]))
def test_any_change_of_a_blocks_header_is_named(nth: int, field: str) -> None:
    changed = store()
    block, stored = changed.blocks[nth]
    value = getattr(block.header, field)
    other = value + (timedelta(seconds=1) if field == "at" else 1 if isinstance(value, int) else "0")
    changed.blocks[nth] = replace(block, header=replace(block.header, **{field: other})), stored
    assert ("block_changed", nth + 1, "") in changed.faults()


@given(st.integers(0, 2))
def test_a_block_whose_row_and_list_and_header_were_made_again_does_not_fit_the_next(nth: int) -> None:
    changed = store()
    block = changed.blocks[nth][0]
    assert block.entries is not None
    forged = row(1, what="nothing")
    entries = [enter(forged["_id"], forged), *block.entries[1:]]
    header = replace(block.header, root=find_root([entry.leaf for entry in entries]).hex())
    published = {3: changed.blocks[2][1]}
    changed.blocks[nth] = Block(header, tuple(entries)), header.hash
    # The last block has no next one: it is found by its hash, which was published.
    assert ("block_changed", min(nth + 2, 3), "") in changed.faults(known=published)


@given(st.integers(0, 1))
def test_a_block_that_is_removed_is_named(nth: int) -> None:
    changed = store()
    del changed.blocks[nth]
    kinds = changed.faults()
    assert kinds[0][:2] == ("block_missing", nth + 1)


def test_a_chain_that_is_cut_at_its_end_is_found_by_the_head_that_was_published() -> None:
    changed = store()
    published = {3: changed.blocks[2][1]}
    del changed.blocks[2]
    for row_id in (f"{9:013d}.a", f"{2:013d}.b", f"{12:013d}.a", f"{13:013d}.a"):
        del changed.rows[row_id]
    assert changed.faults() == [], "nothing in the store shows it"
    assert changed.faults(known=published) == [("head_cut", 3, "")]


def test_a_chain_that_was_made_again_is_found_by_the_head_that_was_published() -> None:
    published = {2: store().blocks[1][1]}
    other = Store.of([row(0, what="nothing")], [row(5)], [])
    assert other.faults() == []
    assert other.faults(known=published) == [("block_changed", 2, "")]


def test_rows_that_were_deleted_after_their_time_leave_a_header_from_which_the_chain_verifies() -> None:
    kept = store()
    block, stored = kept.blocks[0]
    kept.blocks[0] = Block(block.header, None), stored
    for number in range(4):
        del kept.rows[f"{number:013d}.a"]
    report = kept.verify(kept_since=AT + timedelta(days=1))
    assert report.well
    assert (report.blocks, report.rows) == (3, 5)
    assert report.dropped == block.header
    assert [kind for kind, *_ in kept.faults(kept_since=AT - timedelta(days=1))] == ["block_dropped_early"]


def test_rows_of_a_later_block_do_not_go_before_those_of_an_earlier_one() -> None:
    changed = store()
    block, stored = changed.blocks[1]
    changed.blocks[1] = Block(block.header, None), stored
    assert ("block_dropped_early", 2, "") in changed.faults(kept_since=AT + timedelta(days=1))


@given(st.integers(1, 40), st.integers(0, 39), st.integers(0, 39))
def test_one_row_is_proved_to_be_in_its_block_and_no_other(count: int, at: int, other: int) -> None:
    leaves = [hash_leaf(canonical(row(number))) for number in range(count)]
    at, other, root = at % count, other % count, find_root(leaves)
    proof = prove(leaves, at)
    assert is_proved(leaves[at], at, count, proof, root)
    assert is_proved(leaves[at], other, count, proof, root) == (other == at)
    assert is_proved(leaves[other], at, count, proof, root) == (other == at)
    assert not is_proved(leaves[at], at, count, (*proof, root), root)


def test_the_tree_is_that_of_rfc_9162() -> None:
    # Section 2.1.5: the root over seven entries.
    leaves = [hash_leaf(bytes([number])) for number in range(7)]

    def node(left: bytes, right: bytes) -> bytes:
        return sha256(b"\x01" + left + right).digest()

    four = node(node(leaves[0], leaves[1]), node(leaves[2], leaves[3]))
    assert find_root(leaves) == node(four, node(node(leaves[4], leaves[5]), leaves[6]))
    assert prove(leaves, 4) == (leaves[5], leaves[6], four)


@pytest.mark.parametrize("entries", [[], [Entry("a", b"1"), Entry("a", b"2")]])
def test_a_block_has_rows_and_none_twice(entries: list[Entry]) -> None:
    with pytest.raises(ValueError, match="none of them twice"):
        build_block(CHAIN, None, entries, AT)


def test_equal_content_has_one_canonical_form_and_other_content_another() -> None:
    east = AT.astimezone().replace(microsecond=0)
    assert canonical({"b": 1, "a": east}) == canonical({"a": AT, "b": 1})
    assert canonical({"a": AT}) == b'{"a":{"$date":"2026-03-02T08:00:00.000Z"}}'
    forms = [{"a": value} for value in (1, 1.0, True, "1", None, [1], b"1", {"b": 1}, "a\ud800", "é", AT, str(AT))]
    assert len({canonical(form) for form in forms}) == len(forms)
