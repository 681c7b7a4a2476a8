"""Community funds as lists show them; their money stands in the view of their accounts, see `stock`."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, put_newest
from shared.contracts.charity.funds import FundOpened
from shared.engine import Get, Incoming, Load, UnitOfWork


class FundView(View):
    """A fund of a community, a street, a district or a city."""

    collection: ClassVar[str] = "funds"
    area: str
    name: str
    opened_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {FundView.collection: [index_by("area")]}


def load_fund(data: FundOpened) -> Sequence[Load]:
    """Return the load of the fund's view."""
    return [Get(FundView, data.fund_id)]


def show_fund(work: UnitOfWork, message: Incoming[FundOpened]) -> None:
    """Show the fund that was opened."""
    data = message.data
    view = FundView(id=data.fund_id, seen=message.version, area=data.area, name=data.name, opened_at=instant(message))
    put_newest(work, view)


PROJECTIONS: Final[ProjectionTable] = {FundOpened: Projection(load_fund, show_fund)}
