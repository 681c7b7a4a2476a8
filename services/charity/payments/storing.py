"""The plain form of payments, and the statement of the amounts used of a need's money lines."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.charity.payments.domain import REMINDERS, Payment, find_next_step, opened, payment_id, restated
from shared.contracts.charity.payments import FundPart, PaymentOwed, PaymentShape
from shared.engine import Get, Load, UnitOfWork
from shared.engine.plain import Plain

PAYMENTS: Final = Plain(Payment, "payment", PaymentShape, find_next_step, reminders=REMINDERS)


class UsedLine(NamedTuple):
    """A money line of a need with its delivered parts; empty where the delivery was taken back."""

    nth: int
    line_id: str
    funds: tuple[FundPart, ...]


def used_loads(need_id: str, lines: Sequence[UsedLine]) -> list[Load]:
    """Return the loads of the payments of these lines."""
    return [Get(Payment, payment_id(need_id, line.nth)) for line in lines]


def record_used(work: UnitOfWork, need_id: str, station_id: str, area: str, lines: Sequence[UsedLine]) -> None:
    """Record the amount used of each line where it has changed. Needs `used_loads`."""
    for nth, line_id, funds in lines:
        before = work.get(Payment, payment_id(need_id, nth))
        known = before or opened(need_id, nth, line_id, station_id, area)
        after = restated(known, sum(part.amount_fen for part in funds), funds, work.now)
        if after is not known:
            PAYMENTS.store(work, before, after, PaymentOwed)
