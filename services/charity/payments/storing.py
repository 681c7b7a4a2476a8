"""The plain form of payments, and the statement of the amounts used of a need's money lines."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.charity.payments.domain import (
    REMINDERS,
    Payment,
    find_next_step,
    handed_over,
    opened,
    payment_id,
    restated,
)
from services.charity.stock.succession import ClosedStation
from shared.contracts.charity.payments import FundPart, PaymentHandedOver, PaymentOwed, PaymentShape
from shared.engine import Get, Load, UnitOfWork
from shared.engine.plain import Plain
from shared.engine.reminders import Keeping

PAYMENTS: Final = Plain(
    Payment, "payment", PaymentShape, find_next_step, reminders=REMINDERS,
    keeping=Keeping(
        lambda one: [Get(ClosedStation, one.station_id)],
        lambda work, one: work.get(ClosedStation, one.station_id) is not None,
    ),
)  # fmt: skip


class UsedLine(NamedTuple):
    """A money line of a need with its delivered parts; empty where the delivery was taken back."""

    nth: int
    line_id: str
    funds: tuple[FundPart, ...]


def used_loads(need_id: str, lines: Sequence[UsedLine]) -> list[Load]:
    """Return the loads of the payments of these lines."""
    return [Get(Payment, payment_id(need_id, line.nth)) for line in lines]


def hand_over_payment(work: UnitOfWork, before: Payment, station_id: str, area: str) -> None:
    """Hand over an open payment to the successor of its station; its reminders begin again."""
    PAYMENTS.store(work, before, handed_over(before, station_id, area), PaymentHandedOver)


def record_used(work: UnitOfWork, need_id: str, station_id: str, area: str, lines: Sequence[UsedLine]) -> None:
    """Record the amount used of each line where it has changed. Needs `used_loads`."""
    for nth, line_id, funds in lines:
        before = work.get(Payment, payment_id(need_id, nth))
        known = before or opened(need_id, nth, line_id, station_id, area)
        if known.is_blank:  # the need may have moved to another station since
            known = known.model_copy(update={"station_id": station_id, "area": area, "books": ""})
        after = restated(known, sum(part.amount_fen for part in funds), funds, work.now)
        if after is not known:
            PAYMENTS.store(work, before, after, PaymentOwed)
