"""Accounts and balanced transfers: money in fen, goods in units, time in minutes; one ledger for all of them.

The model is TigerBeetle's (https://docs.tigerbeetle.com/coding/data-modeling/): an account counts debits and
credits, pending and posted, and never holds a balance that could disagree with them; a transfer moves one
amount of one commodity from its debit account to its credit account. A pending transfer is a reservation.
Nothing is ever edited: a correction is a new, opposite transfer.

Every function is pure: it returns the accounts and the transfer as they are afterwards, or refuses and changes
nothing. The caller stores all three together (in the engine: `work.put` each), which keeps the ledger balanced.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import ClassVar, Final, Generic, Literal, NamedTuple, TypeVar

from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity, fields_of
from shared.engine.decide.schema import Document

TransferState = Literal["pending", "posted", "voided"]
MOST_COUNTED: Final = 2**53 - 1
"""The most that an account counts on either side, pending and posted: exact in a JSON reader that has only doubles."""


class Account(Entity):
    """The amounts of one commodity that one holder has received and passed on, in the commodity's unit.

    `kind` names the purpose of the account (a stock, a fund, goods used, …) in the owning service's words.
    With `forbids_overdraft`, no more may leave than has come (TigerBeetle: debits_must_not_exceed_credits).
    """

    collection: ClassVar[str] = "accounts"

    commodity: str
    holder: str
    area: str = ""
    kind: str
    forbids_overdraft: bool = False
    debits_pending: int = 0
    debits_posted: int = 0
    credits_pending: int = 0
    credits_posted: int = 0

    @property
    def available(self) -> int:
        """Return the amount that may still leave: credits posted, less debits posted and pending."""
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def balance(self) -> int:
        """Return the amount that has arrived and not left; reservations do not count."""
        return self.credits_posted - self.debits_posted

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return the fields as they are: all are plain values, and a dump by pydantic costs several times as much."""
        return fields_of(self, only)


class Transfer(Entity):
    """One amount on its way from the debit account to the credit account. Only its state ever changes."""

    collection: ClassVar[str] = "transfers"

    debit_account: str
    credit_account: str
    commodity: str
    amount: int
    state: TransferState
    reverses: str | None = None
    reason: str
    cause: str
    at: datetime

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return the fields as they are, see Account."""
        return fields_of(self, only)


D = TypeVar("D", bound=Account)
C = TypeVar("C", bound=Account)


class Moved(NamedTuple, Generic[D, C]):
    """Both accounts and the transfer, as they are after a step; store all three together."""

    debit: D
    credit: C
    transfer: Transfer


class Entry(NamedTuple):
    """The particulars of a new transfer: its id, instant (UTC), reason and cause.

    `reason` is a word of the owning service's catalogue, `cause` an id, as of the need that the amount moved for:
    neither ever names a person.
    """

    id: str
    at: datetime
    reason: str
    cause: str


def available(account: Account) -> int:
    """Return the amount that may still leave the account."""
    return account.available


def reserve(debit: D, credit: C, amount: int, entry: Entry) -> Moved[D, C]:
    """Return a pending transfer: the amount is set aside, and nobody else can take it.

    Raises Refused: "conflict" (rule "overdraft") where less is available, (rule "account_full") where an account would
    count more than MOST_COUNTED; "invalid" for an amount that is not a whole number above zero, for one account on both
    sides and for accounts of two commodities.
    """
    _check_new(debit, credit, amount)
    return Moved(
        debit.model_copy(update={"debits_pending": debit.debits_pending + amount}),
        credit.model_copy(update={"credits_pending": credit.credits_pending + amount}),
        _new(debit, credit, amount, "pending", entry),
    )


def transfer(debit: D, credit: C, amount: int, entry: Entry) -> Moved[D, C]:
    """Return a posted transfer: the amount moves at once. Raises Refused as `reserve` does."""
    return _move(debit, credit, amount, entry, None)


def post(debit: D, credit: C, pending: Transfer) -> Moved[D, C]:
    """Post a pending transfer: the reserved amount leaves the debit account for good.

    Raises Refused: "wrong_state" unless the transfer is pending, "invalid" unless these are its accounts.
    """
    _check_open(debit, credit, pending)
    amount = pending.amount
    return Moved(
        debit.model_copy(
            update={
                "debits_pending": debit.debits_pending - amount,
                "debits_posted": debit.debits_posted + amount,
            }
        ),
        credit.model_copy(
            update={
                "credits_pending": credit.credits_pending - amount,
                "credits_posted": credit.credits_posted + amount,
            }
        ),
        pending.model_copy(update={"state": "posted"}),
    )


def void(debit: D, credit: C, pending: Transfer) -> Moved[D, C]:
    """Void a pending transfer: the reserved amount is available again. Raises Refused as `post` does."""
    _check_open(debit, credit, pending)
    amount = pending.amount
    return Moved(
        debit.model_copy(update={"debits_pending": debit.debits_pending - amount}),
        credit.model_copy(update={"credits_pending": credit.credits_pending - amount}),
        pending.model_copy(update={"state": "voided"}),
    )


def reversal_id(posted: Transfer) -> str:
    """Return the one id that the reversal of a transfer can have, so that nothing is reversed twice."""
    return f"{posted.id}.reversed"


def reverse(debit: D, credit: C, posted: Transfer, entry: Entry) -> Moved[C, D]:
    """Return a new, opposite transfer for one that was posted; the first stays as it is.

    `debit` and `credit` are the accounts of the transfer that is reversed; they come back swapped. The new
    transfer's id is `reversal_id(posted)`, and the id in `entry` is ignored: load that id first, refuse if it is there.
    Raises Refused: "wrong_state" unless the transfer is posted, "invalid" unless these are its accounts, "conflict"
    (rule "no overdraft") where the receiver has spent a part of the amount already.
    """
    _check_parties(debit, credit, posted)
    # A pending transfer is voided instead, which leaves no trace in posted counters.
    if posted.state != "posted":
        raise Refused("wrong_state", "only_posted_is_reversed", transfer_id=posted.id, state=posted.state)
    # The receiver pays back, so the rule against overdraft holds for the amount that it has already spent.
    return _move(credit, debit, posted.amount, entry._replace(id=reversal_id(posted)), posted.id)


def _move(debit: D, credit: C, amount: int, entry: Entry, reverses: str | None) -> Moved[D, C]:
    _check_new(debit, credit, amount)
    return Moved(
        debit.model_copy(update={"debits_posted": debit.debits_posted + amount}),
        credit.model_copy(update={"credits_posted": credit.credits_posted + amount}),
        _new(debit, credit, amount, "posted", entry, reverses=reverses),
    )


def _new(
    debit: Account,
    credit: Account,
    amount: int,
    state: TransferState,
    entry: Entry,
    *,
    reverses: str | None = None,
) -> Transfer:
    return Transfer(
        id=entry.id,
        version=0,
        debit_account=debit.id,
        credit_account=credit.id,
        commodity=debit.commodity,
        amount=amount,
        state=state,
        reverses=reverses,
        reason=entry.reason,
        cause=entry.cause,
        at=entry.at,
    )


def _check_new(debit: Account, credit: Account, amount: int) -> None:
    # `isinstance` would let True pass as 1.
    if type(amount) is not int or amount <= 0:
        raise Refused("invalid", "amount_not_positive", field="amount", amount=str(amount))
    if debit.id == credit.id:
        raise Refused("invalid", "two_accounts_needed", field="credit_account", account_id=debit.id)
    if debit.commodity != credit.commodity:
        raise Refused("invalid", "two_commodities", field="commodity", debit=debit.commodity, credit=credit.commodity)
    if debit.forbids_overdraft and debit.available < amount:
        raise Refused(
            "conflict", "overdraft", field="amount", account_id=debit.id, available=debit.available, amount=amount
        )
    if debit.debits_posted + debit.debits_pending + amount > MOST_COUNTED:
        raise Refused("conflict", "account_full", field="amount", account_id=debit.id, most=MOST_COUNTED)
    if credit.credits_posted + credit.credits_pending + amount > MOST_COUNTED:
        raise Refused("conflict", "account_full", field="amount", account_id=credit.id, most=MOST_COUNTED)


def _check_open(debit: Account, credit: Account, pending: Transfer) -> None:
    _check_parties(debit, credit, pending)
    if pending.state != "pending":
        raise Refused("wrong_state", "only_pending_is_settled", transfer_id=pending.id, state=pending.state)


def _check_parties(debit: Account, credit: Account, moved: Transfer) -> None:
    if (debit.id, credit.id) != (moved.debit_account, moved.credit_account):
        raise Refused(
            "invalid",
            "accounts_of_transfer",
            transfer_id=moved.id,
            debit=moved.debit_account,
            credit=moved.credit_account,
        )
