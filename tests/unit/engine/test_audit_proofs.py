"""A row of the audit is proved by its stored form, a path and the headers of blocks: without the store."""

import runpy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic_core import to_json

from shared.blocks import Block, build_block, enter
from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditPage, RowProof
from shared.engine.store.audit_blocks import BrokenBlockError, from_document, to_document
from shared.engine.store.audit_proofs import find_proofs, show_block, show_proved
from shared.runtime.audit import build_row, to_answer

NOW: Final = datetime(2026, 3, 2, 8, 0, 0, 123000, tzinfo=UTC)
WORKER: Final = Actor(kind="key", id="key_1", on_behalf_of="principal_1")
verify: Any = runpy.run_path(str(Path(__file__).parents[3] / "docs/examples/verify_audit.py"))["verify"]


def rows(count: int, begin: int = 0) -> list[dict[str, Any]]:
    at = (NOW + timedelta(seconds=begin + nth) for nth in range(count))
    return [build_row(WORKER, "RegisterNeed", [f"need_{begin + nth}"], moment) for nth, moment in enumerate(at)]


def chain(*parts: list[dict[str, Any]]) -> list[Block]:
    blocks: list[Block] = []
    for part in parts:
        former = blocks[-1].header if blocks else None
        blocks.append(build_block("stations.audit", former, [enter(row["_id"], row) for row in part], NOW))
    return blocks


def test_a_block_that_lists_no_rows_names_itself() -> None:
    (block,) = chain(rows(2))
    for changed in ({"ids": None}, {"leaves": b"short"}):
        with pytest.raises(BrokenBlockError, match=f"^block {block.header.number} of stations.audit lists no rows$"):
            from_document("stations.audit", to_document(block) | changed)


def proofs_of(ids: list[str], blocks: list[Block]) -> tuple[dict[str, RowProof], int]:
    """The proofs, and how many blocks were read."""
    stored, asked = [to_document(block) for block in blocks], 0
    search = find_proofs(ids)
    try:
        rule = next(search)
        while True:
            asked += 1
            if "last" in rule:
                fits = (each for each in stored if each["last"] >= rule["last"]["$gte"])
            else:
                fits = (each for each in stored if each["late"] and rule["ids"] in each["ids"])
            rule = search.send(next(fits, None))
    except StopIteration as done:
        return done.value, asked


def exported(written: list[dict[str, Any]], blocks: list[Block], **changed: Any) -> list[str]:
    """The lines of an export."""
    page = AuditPage(items=tuple(to_answer(row, "") for row in written))
    proofs, _ = proofs_of([row["_id"] for row in written], blocks)
    shown = show_proved(page, {row["_id"]: {**row, **changed} for row in written}, proofs).items
    lines = [{"line": "row", "service": "stations", **row.model_dump(mode="json")} for row in shown]
    headers = [show_block(block.header).model_dump(mode="json") for block in blocks]
    lines += [{"line": "block", "service": "stations", **header} for header in headers]
    return [to_json(line).decode() for line in [*lines, {"line": "end", "rows": len(shown)}]]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 200])
def test_every_row_of_a_chain_is_proved_elsewhere(count: int) -> None:
    first, second = rows(count), rows(count, 1000)
    blocks = chain(first, second)
    found, faults = verify(exported([*first, *second], blocks), [("stations", blocks[-1].header.hash)])
    assert (len(found), faults) == (2 * count, [])


def test_a_row_that_came_late_is_proved_and_one_in_no_block_is_not_yet() -> None:
    first, second, late, fresh = rows(5), rows(5, 1000), rows(1, 3), rows(1, 5000)
    blocks = chain(first, [*second, *late])
    proofs, _ = proofs_of([row["_id"] for row in (*first, *late, *fresh)], blocks)
    assert proofs.keys() == {row["_id"] for row in (*first, *late)}
    assert proofs[late[0]["_id"]].block == 2
    found, faults = verify(exported([*first, *second, *late, *fresh], blocks), [])
    assert (len(found), faults) == (12, [])


def test_a_page_reads_each_block_once() -> None:
    first, second = rows(100), rows(100, 1000)
    _, asked = proofs_of([row["_id"] for row in (*first, *second)], chain(first, second))
    assert asked == 2


def test_a_change_is_found_elsewhere() -> None:
    written = rows(6)
    blocks = chain(written[:3], written[3:])
    changed = exported(written, blocks, what="CancelNeed")
    assert len(verify(changed, [])[1]) == 6
    whole = exported(written, blocks)
    assert verify([line.replace("RegisterNeed", "CancelNeed", 1) for line in whole], [])[1] != []
    assert verify(whole[:-1], [])[1] == ["the file is not whole"]
    cut = [line for line in whole if '"number":2' not in line]
    assert verify(cut, [])[1] != []
    other = chain(rows(3, 9000))
    assert verify(whole, [("stations", other[0].header.hash)])[1] == [f"stations has lost block {other[0].header.hash}"]
