"""A payment (支付) of a need's money line through its life: owed, recorded, approved or refused, paid, reversed. Pure.

Used is the delivered amount of the line, paid the sum of its payments that were not reversed; owed is the difference,
which may be negative. So paid plus owed is always used, however often a delivery is stated again.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.charity.stock.domain import MONEY
from shared.contracts.charity.payments import (
    FundPart,
    PaymentShape,
    PaymentState,
    RecordEnd,
    RecordPayment,
    ReversalReason,
)
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders
from shared.ledger import Account

PAY_WITHIN: Final = timedelta(days=7)
"""From the confirmation of a delivery to its payment, and from an overpayment to its end."""
APPROVE_WITHIN: Final = timedelta(days=3)
"""From the record of a payment above the limit to its approval or refusal."""
MOST_LINES: Final = 20
"""Lines that a need may have, and so its payments."""
MOST_RECORDS: Final = 50
"""Records of one line: with the reversals of all of them still few transfers to load at once."""

_WITHIN: Final[dict[PaymentState, timedelta]] = {
    "owed": PAY_WITHIN, "overpaid": PAY_WITHIN, "awaiting_approval": APPROVE_WITHIN,
}  # fmt: skip


class Payment(PaymentShape, Aggregate):
    """A payment, the number of its records, and the transfers of the amount paid, oldest first.

    `books` is the area whose accounts hold it, where it was handed over to another area since; empty otherwise.
    """

    collection: ClassVar[str] = "payments"
    records: int = 0
    transfers: tuple[str, ...] = ()
    books: str = ""

    @property
    def book_area(self) -> str:
        """The area of the accounts in which the money is used and paid."""
        return self.books or self.area

    @property
    def is_blank(self) -> bool:
        """Whether nothing is used or paid in any books."""
        return self.state == "void" and not (self.used_fen or self.paid_fen)

    @property
    def owed_fen(self) -> int:
        """The amount that is owed; a negative one was paid beyond the delivery."""
        return self.used_fen - self.paid_fen


class PaymentDue(Due):
    """The next step of a payment is overdue: the next level is reminded."""

    type: ClassVar[str] = "charity.payment_due"


def payment_id(need_id: str, nth: int) -> str:
    """Return the id of the one payment of the `nth` line of a need, from 0.

    The need's whole id does not stand in it: the audit of a payment is about the payment.
    """
    return f"pay_{need_id.removeprefix('need_')}.{nth}"


def payment_ids(need_id: str) -> list[str]:
    """Return the ids of all payments that the need may have."""
    return [payment_id(need_id, nth) for nth in range(MOST_LINES)]


def paid_id(area: str) -> str:
    """Return the id of the account that counts the money paid for the needs of an area."""
    return f"paid:{area}:{MONEY}"


def new_paid(area: str) -> Account:
    """Return the `paid` account of an area without a payment; no more can come back than was paid."""
    return Account(id=paid_id(area), commodity=MONEY, holder="payees", area=area, kind="paid", forbids_overdraft=True)


def opened(need_id: str, nth: int, line_id: str, station_id: str, area: str) -> Payment:
    """Return the payment of a line before any delivery."""
    return Payment(
        id=payment_id(need_id, nth), version=0, area=area, need_id=need_id, line_id=line_id, station_id=station_id,
        state="void", used_fen=0, paid_fen=0,
    )  # fmt: skip


def restated(payment: Payment, used_fen: int, funds: Sequence[FundPart], now: datetime) -> Payment:
    """Return the payment for the delivery as it is stated now, or unchanged where nothing is new.

    A record that awaits approval is over: another amount is owed.
    """
    if (used_fen, tuple(funds)) == (payment.used_fen, payment.funds):
        return payment
    news = payment.model_copy(update={"used_fen": used_fen, "funds": tuple(funds)})
    if payment.state == "awaiting_approval" and used_fen != payment.used_fen:
        news = _ended(news, "delivery_changed")
    return news if news.state == "awaiting_approval" else _settled(news, now)


def recorded(
    payment: Payment, asked: RecordPayment, by: str, limit_fen: int, now: datetime, *, others: Sequence[Payment] = ()
) -> Payment:
    """Return the payment as recorded: paid, or awaiting approval.

    `others` are the payments of the need's other lines. It awaits approval where the need's payments then exceed the
    limit, or where one of them was reversed before. All that is owed of a line is paid at once. Raises Refused:
    "wrong_state" unless it is owed, and after MOST_RECORDS records; "invalid" (rule "amount_not_owed") for any other
    amount.
    """
    require_state(payment, "record_payment", "owed")
    if asked.amount_fen != payment.owed_fen:
        raise Refused("invalid", "amount_not_owed", field="amount_fen", owed=payment.owed_fen, amount=asked.amount_fen)
    if payment.records >= MOST_RECORDS:
        raise Refused("wrong_state", "paid_too_often", field="id", times=MOST_RECORDS)
    record = payment.model_copy(
        update={
            "records": payment.records + 1,
            "payee_kind": asked.payee.kind,
            "organisation_id": asked.payee.organisation_id,
            "evidence_sha256": asked.evidence.sha256,
            "recorded_by": by,
            "recorded_at": now,
            "approved_by": None,
            "refused_for": None,
        }
    )
    of_need = (payment, *others)
    whole = asked.amount_fen + sum(one.paid_fen + one.recorded_fen for one in of_need)
    # Paying line by line, or paying, taking back and paying again, would let one officer alone pay any amount, a part
    # below the limit each time.
    if whole <= limit_fen and all(one.reversed_for is None for one in of_need):
        return paid(record, asked.amount_fen, now)
    return _standing(record.model_copy(update={"recorded_fen": asked.amount_fen}), "awaiting_approval", now)


def approved(payment: Payment, by: str, now: datetime) -> Payment:
    """Return the recorded payment as paid. Raises Refused("wrong_state") unless it awaits approval."""
    require_state(payment, "approve_payment", "awaiting_approval")
    return paid(payment.model_copy(update={"approved_by": by}), payment.recorded_fen, now)


def paid(payment: Payment, amount_fen: int, now: datetime) -> Payment:
    """Return the payment with this amount paid in addition."""
    more = {"paid_fen": payment.paid_fen + amount_fen, "recorded_fen": 0}
    return _settled(payment.model_copy(update=more), now)


def refused(payment: Payment, because: RecordEnd, now: datetime) -> Payment:
    """Return the payment as owed again. Raises Refused("wrong_state") unless it awaits approval."""
    require_state(payment, "refuse_payment", "awaiting_approval")
    return _settled(_ended(payment, because), now)


def reversed_by(payment: Payment, amount_fen: int, because: ReversalReason, now: datetime) -> Payment:
    """Return the payment with this amount taken back.

    Raises Refused: "wrong_state" where nothing is paid or a record awaits approval, "invalid" for more than is paid.
    """
    require_state(payment, "reverse_payment", "owed", "paid", "overpaid")
    if amount_fen > payment.paid_fen or not payment.paid_fen:
        raise Refused("invalid", "more_than_paid", field="amount_fen", paid=payment.paid_fen, amount=amount_fen)
    less = {"paid_fen": payment.paid_fen - amount_fen, "reversed_for": because}
    return _settled(payment.model_copy(update=less), now)


def handed_over(payment: Payment, station_id: str, area: str) -> Payment:
    """Return the payment at the successor of its station; its accounts stay those of its delivery."""
    there = {"station_id": station_id, "area": area, "books": payment.book_area, "reminder": None}
    return payment.model_copy(update=there)


def require_another(payment: Payment, actor: str | None) -> None:
    """Refuse the actor who has recorded the payment: Refused("not_allowed", rule "own_act").

    `actor` is the reference, None for one who has none yet. Mutual checks in the division of duties: Internal Control
    of Administrative Institutions (财会〔2012〕21号), art. 5 (3).
    """
    if actor is not None and actor == payment.recorded_by:
        raise Refused("not_allowed", "own_act", field="id")


def require_state(payment: Payment, action: str, *allowed: PaymentState) -> None:
    """Raise Refused("wrong_state") where the payment is in none of these states."""
    if payment.state not in allowed:
        raise Refused(
            "wrong_state", "payment_not_in_state", field="id",
            state=payment.state, action=action, allowed=",".join(allowed),
        )  # fmt: skip


def find_next_step(payment: Payment) -> NextStep | None:
    """Return the next step of an open payment, with the amount in fen; None for a settled one."""
    amount: dict[str, str | int] = {"amount": abs(payment.owed_fen), "commodity": MONEY}
    if payment.state == "owed":
        return NextStep(code="record_payment", args=amount, due=payment.due)
    if payment.state == "awaiting_approval":
        return NextStep(code="approve_payment", args=amount, due=payment.due)
    if payment.state == "overpaid":
        return NextStep(code="settle_overpayment", args=amount, due=payment.due)
    return None


REMINDERS: Final = Reminders(PaymentDue, frozenset({"record_payment", "approve_payment", "settle_overpayment"}))


def _ended(payment: Payment, because: RecordEnd) -> Payment:
    """Return the payment without the record that awaits approval."""
    return payment.model_copy(update={"recorded_fen": 0, "refused_for": because, "state": "owed"})


def _settled(payment: Payment, now: datetime) -> Payment:
    """Return the payment in the state that follows from its amounts."""
    if payment.owed_fen:
        return _standing(payment, "owed" if payment.owed_fen > 0 else "overpaid", now)
    return _standing(payment, "paid" if payment.paid_fen else "void", now)


def _standing(payment: Payment, state: PaymentState, now: datetime) -> Payment:
    within = _WITHIN.get(state)
    return payment.model_copy(update={"state": state, "due": None if within is None else now + within})
