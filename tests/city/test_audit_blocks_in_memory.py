"""The blocks of the audit over the store in memory: those that are ripe, those that come late, and their measure."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from shared.blocks import build_block
from shared.contracts.access import Actor
from shared.engine.store.audit_blocks import AuditBlocks, BrokenBlockError, to_header
from shared.runtime.audit import AUDIT, build_row
from tests.city.mongo import Database
from tests.city.store import Memory

NOON: Final = datetime(2026, 3, 2, 4, 0, 0, tzinfo=UTC)
WORKER: Final = Actor(kind="key", id="key_1", on_behalf_of="principal_1")


class Ledger:
    """The audit of one service."""

    def __init__(self) -> None:
        store: Any = Database(Memory("stations"))
        self.store = store
        self.blocks = AuditBlocks(store, "stations")

    def write(self, *seconds: int) -> list[str]:
        """Write a row for each instant after noon; return their ids."""
        rows = [build_row(WORKER, "RegisterNeed", [f"need_{each}"], NOON + timedelta(seconds=each)) for each in seconds]
        for row in rows:
            self.store[AUDIT].insert_one(row)
        return [row["_id"] for row in rows]

    def close(self, before: int) -> None:
        """Close the rows that are dated before that second into a block."""
        head, at = self.blocks.find_head(), NOON + timedelta(seconds=before)
        self.blocks.append(build_block(self.blocks.chain, head, self.blocks.find_ripe(head, at), at))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_rows_are_closed_in_their_order_up_to_an_instant_and_the_oldest_of_the_others_is_measured(
    ledger: Ledger,
) -> None:
    assert ledger.blocks.measure() == (0, None)
    written = ledger.write(3, 1, 2, 9)
    assert ledger.blocks.measure() == (0, written[1])
    ledger.close(5)
    head = ledger.blocks.find_head()
    assert head is not None
    assert (head.number, head.first, head.last, head.count) == (1, written[1], written[0], 3)
    assert ledger.blocks.measure() == (1, written[3])
    ledger.close(10)
    assert ledger.blocks.measure() == (2, None)


def test_a_row_among_those_that_were_closed_has_come_late_and_is_found_once(ledger: Ledger) -> None:
    ledger.write(1, 2, 3)
    ledger.close(5)
    assert ledger.blocks.find_late(range(1, 2)) == []
    (late,) = ledger.write(2)
    ledger.write(9)
    assert [entry.id for entry in ledger.blocks.find_late(range(1, 2))] == [late]
    assert ledger.blocks.find_late(range(2, 3)) == []


def test_a_header_without_its_number_is_none(ledger: Ledger) -> None:
    ledger.write(1)
    ledger.close(5)
    (stored,) = ledger.blocks.read(range(1, 2))
    assert to_header("stations.audit", stored).number == 1
    with pytest.raises(BrokenBlockError, match="field of another type"):
        to_header("stations.audit", stored | {"_id": "one"})
