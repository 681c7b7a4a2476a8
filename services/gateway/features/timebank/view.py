"""Balances of the time bank as lists show them, in minutes."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, newest
from shared.contracts.volunteering.timebank import HoursAdjusted, HoursCorrected, HoursCredited, HoursMoved
from shared.engine import Incoming


class TimebankView(View):
    """A volunteer's balance, in minutes; `seen` is the version of the account."""

    collection: ClassVar[str] = "timebank"
    area: str
    balance_minutes: int
    credited_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {TimebankView.collection: [index_by("area")]}


def show_balance(message: Incoming[HoursMoved]) -> Sequence[TimebankView]:
    """Return the view of the balance after the credit, its correction or its adjustment."""
    data = message.data
    shown = TimebankView(
        id=data.volunteer_id,
        seen=data.account_version,
        area=data.area,
        balance_minutes=data.balance_minutes,
        credited_at=instant(message),
    )
    return [shown]


MOVED: Final = Projection(newest(show_balance))
PROJECTIONS: Final[ProjectionTable] = {HoursCredited: MOVED, HoursCorrected: MOVED, HoursAdjusted: MOVED}
