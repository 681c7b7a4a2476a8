"""Balances of the time bank as lists show them, in minutes."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, put_newest
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine import Get, Incoming, Load, UnitOfWork


class TimebankView(View):
    """A volunteer's balance, in minutes; `seen` is the version of the account."""

    collection: ClassVar[str] = "timebank"
    area: str
    balance_minutes: int
    credited_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {TimebankView.collection: [index_by("area")]}


def load_balance(data: HoursCredited) -> Sequence[Load]:
    """Return the load of the volunteer's balance."""
    return [Get(TimebankView, data.volunteer_id)]


def show_balance(work: UnitOfWork, message: Incoming[HoursCredited]) -> None:
    """Show the balance after the credit, unless a later one is shown."""
    data = message.data
    view = TimebankView(
        id=data.volunteer_id,
        seen=data.account_version,
        area=data.area,
        balance_minutes=data.balance_minutes,
        credited_at=instant(message),
    )
    put_newest(work, view)


PROJECTIONS: Final[ProjectionTable] = {HoursCredited: Projection(load_balance, show_balance)}
