"""L3, value is conserved: any steps in any order leave the ledger balanced and no account overdrawn."""

import random
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts import Refused
from shared.contracts.reasons import Reason
from shared.ledger import Account, Entry, Transfer, post, reserve, reversal_id, reverse, transfer, void
from shared.ledger.checks import MAX_VIOLATIONS, Tally, violations
from shared.words import Wording

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NAMES = ("given", "stock", "fund", "used")
Step = tuple[str, str, str, str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "transfer", "post", "void", "reverse"]),
        st.sampled_from(["rice", "CNY"]),
        st.sampled_from(NAMES),
        st.sampled_from(NAMES),
        st.integers(-1, 20),
    ),
    max_size=60,
)


def word(faults: list[Reason]) -> list[str]:
    return [Wording("en").sentence(fault.code, fault.args) for fault in faults]


class Ledger:
    def __init__(self) -> None:
        self.accounts = {
            f"{name}:{commodity}": Account(
                id=f"{name}:{commodity}",
                commodity=commodity,
                holder=name,
                kind=name,
                forbids_overdraft=name in {"stock", "fund"},
            )
            for name in NAMES
            for commodity in ("rice", "CNY")
        }
        self.transfers: dict[str, Transfer] = {}
        self.numbers = count()

    def play(self, step: Step) -> None:
        kind, commodity, debit, credit, amount = step
        try:
            if kind in {"reserve", "transfer"}:
                move = reserve if kind == "reserve" else transfer
                accounts = self.accounts[f"{debit}:{commodity}"], self.accounts[f"{credit}:{commodity}"]
                self.keep(*move(*accounts, amount, Entry(f"t{next(self.numbers)}", AT, "test", "test")))
            elif self.transfers:
                self.close(kind, list(self.transfers.values())[amount % len(self.transfers)])
        except Refused:
            return

    def close(self, kind: str, chosen: Transfer) -> None:
        accounts = self.accounts[chosen.debit_account], self.accounts[chosen.credit_account]
        if kind == "reverse":
            if reversal_id(chosen) not in self.transfers:
                self.keep(*reverse(*accounts, chosen, Entry("", AT, "test", "test")))
        else:
            self.keep(*(post if kind == "post" else void)(*accounts, chosen))

    def keep(self, debit: Account, credit: Account, moved: Transfer) -> None:
        self.accounts[debit.id], self.accounts[credit.id] = debit, credit
        self.transfers[moved.id] = moved


@given(STEPS)
def test_any_steps_keep_every_law(steps: list[Step]) -> None:
    ledger = Ledger()
    for step in steps:
        ledger.play(step)
        assert violations(ledger.accounts.values(), ledger.transfers.values()) == []
    for account in ledger.accounts.values():
        assert not account.forbids_overdraft or account.available >= 0
    for commodity in ("rice", "CNY"):
        of = [a for a in ledger.accounts.values() if a.commodity == commodity]
        assert sum(a.debits_posted for a in of) == sum(a.credits_posted for a in of)
        assert sum(a.debits_pending for a in of) == sum(a.credits_pending for a in of)


@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_in_which_transfers_are_read_does_not_matter(steps: list[Step], chance: random.Random) -> None:
    ledger = Ledger()
    for step in steps:
        ledger.play(step)
    shuffled = list(ledger.transfers.values())
    chance.shuffle(shuffled)
    assert violations(ledger.accounts.values(), shuffled) == []


def filled() -> Ledger:
    ledger = Ledger()
    for step in (
        ("transfer", "rice", "given", "stock", 9),
        ("reserve", "rice", "stock", "used", 4),
        ("transfer", "CNY", "given", "fund", 500),
    ):
        ledger.play(step)
    return ledger


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({"credits_posted": 10}, "its transfers sum to 9"),
        ({"debits_pending": 3}, "its transfers sum to 4"),
        ({"debits_posted": 6}, "forbids overdraft and stands at -1"),
        ({"debits_posted": -1}, "below zero"),
        ({"commodity": "oil"}, "its transfers move rice"),
    ],
)
def test_a_damaged_account_is_reported_with_its_fault(damage: dict[str, object], words: str) -> None:
    ledger = filled()
    ledger.accounts["stock:rice"] = ledger.accounts["stock:rice"].model_copy(update=damage)
    reported = word(violations(ledger.accounts.values(), ledger.transfers.values()))
    assert any("account stock:rice" in line and words in line for line in reported), reported


def test_a_lost_transfer_and_a_lost_account_are_found() -> None:
    ledger = filled()
    del ledger.transfers["t1"]
    del ledger.accounts["fund:CNY"]
    reported = word(violations(ledger.accounts.values(), ledger.transfers.values()))
    assert "ledger: account stock:rice has debits_pending 4, its transfers sum to 0" in reported
    assert "ledger: account fund:CNY has transfers but is not stored" in reported
    assert "ledger: CNY: 500 debited, 0 credited" in reported


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ({"amount": 0}, "amounts are above zero"),
        ({"state": "done"}, "no known state"),
        ({"credit_account": "stock:rice"}, "to itself"),
        ({"credit_account": "used:CNY"}, "moves rice on used:CNY"),
    ],
)
def test_a_damaged_transfer_is_reported_with_its_fault(damage: dict[str, object], words: str) -> None:
    ledger = filled()
    ledger.play(("transfer", "CNY", "fund", "used", 1))
    ledger.transfers = dict(reversed(ledger.transfers.items()))
    ledger.transfers["t1"] = ledger.transfers["t1"].model_copy(update=damage)
    reported = word(violations(ledger.accounts.values(), ledger.transfers.values()))
    assert any("transfer t1" in line and words in line for line in reported), reported


def test_a_ruined_ledger_is_reported_in_at_most_a_hundred_lines() -> None:
    ledger = Ledger()
    lost = [
        Transfer(
            id=f"t{n}", debit_account=f"a{n}", credit_account=f"b{n}", commodity="rice", amount=-1,
            state="posted", reason="test", cause="test", at=AT,
        )
        for n in range(300)
    ]  # fmt: skip
    assert len(violations(ledger.accounts.values(), lost)) == MAX_VIOLATIONS


def test_the_ledger_is_read_as_a_stream() -> None:
    def transfers() -> Iterator[dict[str, object]]:
        for n in range(50_000):
            yield {
                "_id": f"t{n}", "debit_account": "a", "credit_account": "b", "commodity": "rice", "amount": 1,
                "state": "posted",
            }  # fmt: skip

    debit = Account(id="a", commodity="rice", holder="a", kind="given", debits_posted=50_000)
    credit = Account(id="b", commodity="rice", holder="b", kind="used", credits_posted=50_000)
    tracemalloc.start()
    try:
        assert violations([debit, credit], transfers()) == []
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_faults_beyond_the_most_that_are_reported_fill_no_memory() -> None:
    tally = Tally("ledger")
    for n in range(MAX_VIOLATIONS + 5):
        tally.check({"_id": str(n), "state": "posted", "amount": 0, "debit_account": "a", "credit_account": "b"})
    assert len(tally.wrong) == MAX_VIOLATIONS
