"""The commands about payments, and the timer that reminds of them.

A payment moves its amount from `used:<area>:CNY` to `paid:<area>:CNY`: the first then holds the money that was
delivered and is owed, below zero where more was paid than delivered; the second the money that was paid.
"""

from functools import partial
from typing import Final, Protocol

from services.charity.payments.domain import (
    Payment,
    PaymentDue,
    approved,
    new_paid,
    paid_id,
    payment_ids,
    recorded,
    refused,
    require_another,
    reversed_by,
)
from services.charity.payments.payees import seal_record
from services.charity.payments.policy import PaymentsPolicy
from services.charity.payments.storing import PAYMENTS
from services.charity.stock.accounts import new_used, used_id
from services.charity.stock.domain import MONEY
from shared.contracts.charity.payments import (
    ApprovePayment,
    PaymentMade,
    PaymentOverdue,
    PaymentRecorded,
    PaymentRefused,
    PaymentReversed,
    RecordPayment,
    RefusePayment,
    ReversalReason,
    ReversePayment,
)
from shared.contracts.plain import Action, Shape
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.engine.decide.actor_references import ActorReference, Blinder, refer, reference_load
from shared.engine.plain import check_version
from shared.ledger import Account, Entry, Moved, Transfer, reverse, transfer
from shared.people import Keeper, kept_sealer

PAID: Final = "payment"
"""The reason of the transfers of payments."""


class Vault(Blinder, Keeper, Protocol):
    """The vault, as the record of a payment needs it."""


def record_payment(message: Incoming[RecordPayment], policy: PaymentsPolicy, vault: Vault) -> Handling:
    """Record the payment of the whole amount owed, above the limit for approval. Answers PaymentShape.

    Raises Refused: "not_found" for an unknown id, "version_mismatch", and those of `recorded`.
    """
    work = yield from take_turn(partial(_load, message, with_others=True))
    before = _find(work, message.data)
    by = refer(work, vault)
    others = _others(work, before)
    after = recorded(before, message.data, by, policy.payment_limit_fen, work.now, others=others)
    work.put(seal_record(after, message.data, kept_sealer(vault)))
    if after.state == "awaiting_approval":
        return PAYMENTS.store(work, before, after, PaymentRecorded)
    return _pay(work, before, after)


def approve_payment(message: Incoming[ApprovePayment], vault: Blinder) -> Handling:
    """Pay an amount that another person has recorded. Answers PaymentShape.

    Raises Refused: "not_allowed" for the recorder, and as `record_payment` does.
    """
    work = yield from take_turn(partial(_load, message))
    before = _find(work, message.data)
    require_another(before, _reference(work))
    after = approved(before, refer(work, vault), work.now)
    return _pay(work, before, after)


def refuse_payment(message: Incoming[RefusePayment]) -> Handling:
    """End a record that awaits approval: the amount is owed again. Answers PaymentShape.

    The recorder may withdraw the record, too. Raises Refused as `record_payment` does.
    """
    work = yield from take_turn(partial(_load, message))
    before = _find(work, message.data)
    return PAYMENTS.store(work, before, refused(before, message.data.reason_code, work.now), PaymentRefused)


def reverse_payment(message: Incoming[ReversePayment], policy: PaymentsPolicy) -> Handling:
    """Take back the whole amount paid, or the part named. Answers PaymentShape.

    Raises Refused: "not_allowed" for the recorder above the limit, and as `record_payment` does.
    """
    work = yield from take_turn(partial(_load, message))
    before = _find(work, message.data)
    amount, because = message.data.amount_fen or before.paid_fen, message.data.reason_code
    after = reversed_by(before, amount, because, work.now)
    if amount > policy.payment_limit_fen:
        require_another(before, _reference(work))
    transfers = _take_back(work, before, amount, because)
    return PAYMENTS.store(work, before, after.model_copy(update={"transfers": transfers}), PaymentReversed)


def _load(message: Incoming[Action], with_others: bool = False) -> Loading:
    """Load the payment, the reference of the actor, both accounts, the transfers that stand, and where they are wanted
    the payments of the need's other lines.

    Those come last: every payment changes the two accounts, so that of two records at once in two replicas one
    conflicts there, and is decided again with the other.
    """
    payment_id = message.data.id
    work = yield [Get(Payment, payment_id, message.actor.area), reference_load(message.actor)]
    payment = work.get(Payment, payment_id)
    if payment is None:
        return
    accounts = (used_id(payment.book_area, MONEY), paid_id(payment.book_area))
    standing = (Get(Transfer, each) for each in payment.transfers)
    yield [*(Get(Account, account) for account in accounts), *standing]
    if with_others:
        yield [Get(Payment, each) for each in payment_ids(payment.need_id) if each != payment.id]


def _others(work: UnitOfWork, payment: Payment) -> list[Payment]:
    found = (work.get(Payment, each) for each in payment_ids(payment.need_id) if each != payment.id)
    return [each for each in found if each is not None]


def _find(work: UnitOfWork, asked: Action) -> Payment:
    payment = work.reach(Payment, asked.id, "id")
    check_version(payment, "payment", asked.expected_version)
    return payment


def _reference(work: UnitOfWork) -> str | None:
    known = work.get(ActorReference, work.message.actor.principal)
    return None if known is None else known.reference


def _pay(work: UnitOfWork, before: Payment, after: Payment) -> Shape:
    """Move the amount that is paid now to the payees, and announce the payment."""
    used, paid = _accounts(work, after.book_area)
    amount = after.paid_fen - before.paid_fen
    made = _put(work, transfer(used, paid, amount, Entry(work.new_id("transfer"), work.now, PAID, after.id)))
    return PAYMENTS.store(work, before, after.model_copy(update={"transfers": (*before.transfers, made)}), PaymentMade)


def _take_back(work: UnitOfWork, payment: Payment, amount: int, because: ReversalReason) -> tuple[str, ...]:
    """Reverse the newest payments until the amount is taken back; pay any excess again.

    Returns the transfers that stand then.
    """
    standing = list(payment.transfers)
    while amount > 0:
        used, paid = _accounts(work, payment.book_area)
        gone = work.require(Transfer, standing.pop(), "transfer_id")
        _put(work, reverse(used, paid, gone, Entry("", work.now, because, payment.id)))
        amount -= gone.amount
    if amount < 0:
        used, paid = _accounts(work, payment.book_area)
        entry = Entry(work.new_id("transfer"), work.now, PAID, payment.id)
        standing.append(_put(work, transfer(used, paid, -amount, entry)))
    return tuple(standing)


def _put(work: UnitOfWork, moved: Moved[Account, Account]) -> str:
    """Put both accounts and the transfer. Returns the id of the transfer."""
    work.put(moved.debit)
    work.put(moved.credit)
    return work.put(moved.transfer).id


def _accounts(work: UnitOfWork, area: str) -> tuple[Account, Account]:
    """Return the account of the money used in the area, and that of the money paid."""
    used = work.get(Account, used_id(area, MONEY)) or new_used(area, MONEY)
    return used, work.get(Account, paid_id(area)) or new_paid(area)


HANDLERS: Final[HandlerTable] = {
    RecordPayment: record_payment,
    ApprovePayment: approve_payment,
    RefusePayment: refuse_payment,
    ReversePayment: reverse_payment,
    PaymentDue: PAYMENTS.remind(PaymentOverdue),
}
