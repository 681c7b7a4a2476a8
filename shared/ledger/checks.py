"""The laws of the ledger, checked over all stored accounts and transfers.

Transfers are read as a stream and not kept, so that a million of them need no memory: only four counters an account
stay. Documents and entities are read alike; of a stored ledger MongoDB makes the sums. Used by the demo, the fault
tests and `lianshan doctor`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from shared.contracts.reasons import Reason, reason
from shared.engine.decide.schema import Document
from shared.ledger.core import Account, Transfer

if TYPE_CHECKING:
    from pymongo.database import Database

MAX_VIOLATIONS: Final = 100
"""The most violations that a check reports; a broken ledger has more than anyone reads."""
COUNTERS: Final = ("debits_pending", "debits_posted", "credits_pending", "credits_posted")
BATCH: Final = 5000
"""Rows that MongoDB sends at once."""
_ODD: Final = {
    "$or": [
        {"state": {"$nin": ["pending", "posted", "voided"]}},
        {"amount": {"$lte": 0}},
        {"$expr": {"$eq": ["$debit_account", "$credit_account"]}},
    ]
}
_OF_ACCOUNT: Final = {"commodity": 1, "forbids_overdraft": 1, **dict.fromkeys(COUNTERS, 1)}

Row = Mapping[str, Any]
"""A document of accounts, of transfers, or of sums over them."""


@dataclass(slots=True)
class Tally:
    """The counters and the commodity that each account must have by its transfers.

    An account's counters stand in the order of COUNTERS.
    """

    ledger: str
    """The name of the ledger in reports."""
    counters: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    commodity: dict[str, str] = field(default_factory=dict)
    wrong: list[Reason] = field(default_factory=list)

    def add(self, transfer: Row) -> None:
        """Count one more transfer; their order does not matter."""
        self.check(transfer)
        for account in (transfer["debit_account"], transfer["credit_account"]):
            self._one_commodity(account, transfer["commodity"], transfer["_id"])
        state, amount = transfer["state"], transfer["amount"]
        if state == "voided":
            return
        # COUNTERS has pending before posted, and debits before credits: a bool is the offset within a side.
        posted = state == "posted"
        self.counters[transfer["debit_account"]][posted] += amount
        self.counters[transfer["credit_account"]][2 + posted] += amount

    def add_sums(self, row: Row, first: int) -> None:
        """Count the sums of one side of an account; `first` is the index of that side's pending counter."""
        account, commodity = row["_id"]["account"], row["_id"]["commodity"]
        self.counters[account][first] += row["pending"]
        self.counters[account][first + 1] += row["posted"]
        self._one_commodity(account, commodity, row["transfer"])

    def check(self, transfer: Row) -> None:
        """Report the faults of a transfer that show without its accounts."""
        state, amount = transfer["state"], transfer["amount"]
        debit, credit = transfer["debit_account"], transfer["credit_account"]
        if state not in {"pending", "posted", "voided"}:
            self._report(
                reason("transfer_state_unknown", ledger=self.ledger, transfer=transfer["_id"], state=str(state))
            )
        if amount <= 0:
            self._report(reason("transfer_moves_nothing", ledger=self.ledger, transfer=transfer["_id"], amount=amount))
        if debit == credit:
            self._report(reason("transfer_to_itself", ledger=self.ledger, transfer=transfer["_id"], account=debit))

    def _one_commodity(self, account: str, commodity: str, transfer_id: str) -> None:
        known = self.commodity.setdefault(account, commodity)
        if known != commodity:
            self._report(
                reason(
                    "transfer_of_other_commodity",
                    ledger=self.ledger, transfer=transfer_id, moved=commodity, account=account, counted=known,
                )
            )  # fmt: skip

    def _report(self, fault: Reason) -> None:
        if len(self.wrong) < MAX_VIOLATIONS:
            self.wrong.append(fault)


def violations(
    accounts: Iterable[Account | Row],
    transfers: Iterable[Transfer | Row],
    most: int = MAX_VIOLATIONS,
    ledger: str = "ledger",
) -> list[Reason]:
    """Return the broken laws, at most `most` of them; none where the ledger is right. `ledger` names it in them.

    The laws: per commodity the debits equal the credits, pending and posted; no account that forbids it is
    overdrawn; no counter is negative; every account's counters are the sums of its transfers, and no transfer
    names an account that does not exist.
    Read accounts and transfers as of one moment (one snapshot, or nothing running).
    """
    tally = Tally(ledger)
    for transfer in transfers:
        tally.add(_row(transfer))
    found = [*tally.wrong]
    found.extend(_against(tally, (_row(account) for account in accounts), most))
    return found[:most]


def database_violations(
    database: "Database[Document]", most: int = MAX_VIOLATIONS, ledger: str = "ledger"
) -> list[Reason]:
    """Return the `violations` of a service's stored ledger, read in one snapshot so that writers may go on."""
    with database.client.start_session(snapshot=True) as session:
        tally = Tally(ledger)
        # A transfer that is wrong by itself disappears in a sum, so it is searched for apart.
        for transfer in database["transfers"].find(_ODD, session=session).limit(most):
            tally.check(transfer)
        for side, first in (("debit_account", 0), ("credit_account", 2)):
            sums = database["transfers"].aggregate(_sums(side), session=session, allowDiskUse=True, batchSize=BATCH)
            for row in sums:
                tally.add_sums(row, first)
        accounts = database["accounts"].find({}, _OF_ACCOUNT, session=session, batch_size=BATCH)
        return [*tally.wrong, *_against(tally, accounts, most)][:most]


def _sums(side: str) -> list[Document]:
    """Return the pipeline that sums, for each account and commodity, its transfers on that side."""
    posted = {"$cond": [{"$eq": ["$state", "posted"]}, "$amount", 0]}
    # An unknown state counts as pending, as in Tally.add.
    pending = {"$cond": [{"$in": ["$state", ["posted", "voided"]]}, 0, "$amount"]}
    sums = {"pending": {"$sum": pending}, "posted": {"$sum": posted}, "transfer": {"$min": "$_id"}}
    return [{"$group": {"_id": {"account": f"${side}", "commodity": "$commodity"}, **sums}}]


def _against(tally: Tally, accounts: Iterable[Row], most: int) -> Iterator[Reason]:
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    unseen = set(tally.counters)
    reported = 0
    for account in accounts:
        unseen.discard(account["_id"])
        for number, counter in enumerate(COUNTERS):
            totals[account["commodity"]][number] += account[counter]
        # Past the limit the accounts are still read: `totals` needs all of them.
        for fault in _account_violations(tally, account):
            reported += 1
            if reported <= most:
                yield fault
    for name in sorted(unseen)[:most]:
        yield reason("account_not_stored", ledger=tally.ledger, account=name)
    yield from _unbalanced(totals, tally.ledger)


def _account_violations(tally: Tally, account: Row) -> Iterator[Reason]:
    ledger, name = tally.ledger, account["_id"]
    commodity = tally.commodity.get(account["_id"], account["commodity"])
    if commodity != account["commodity"]:
        counted = account["commodity"]
        yield reason("account_of_other_commodity", ledger=ledger, account=name, counted=counted, moved=str(commodity))
    sums = tally.counters.get(account["_id"], [0, 0, 0, 0])
    for counter, expected in zip(COUNTERS, sums, strict=True):
        if account[counter] < 0:
            yield reason("counter_below_zero", ledger=ledger, account=name, counter=counter, amount=account[counter])
        if account[counter] != expected:
            yield reason(
                "counter_differs",
                ledger=ledger, account=name, counter=counter, amount=account[counter], sum=expected,
            )  # fmt: skip
    available = account["credits_posted"] - account["debits_posted"] - account["debits_pending"]
    if account.get("forbids_overdraft") and available < 0:
        yield reason("account_overdrawn", ledger=ledger, account=name, amount=available)


def _unbalanced(totals: Mapping[str, list[int]], ledger: str) -> Iterator[Reason]:
    for commodity, (debits_pending, debits_posted, credits_pending, credits_posted) in sorted(totals.items()):
        if debits_posted != credits_posted:
            yield reason(
                "posted_unbalanced", ledger=ledger, unit=commodity, debits=debits_posted, credits=credits_posted
            )
        if debits_pending != credits_pending:
            yield reason(
                "pending_unbalanced", ledger=ledger, unit=commodity, debits=debits_pending, credits=credits_pending
            )


def _row(record: Account | Transfer | Row) -> Row:
    return record.to_document() if isinstance(record, (Account, Transfer)) else record
