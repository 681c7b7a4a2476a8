"""Community funds as lists show them; their money stands in the view of their accounts, see `stock`."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, newest
from shared.contracts.charity.funds import FundOpened
from shared.engine import Incoming


class FundView(View):
    """A fund of a community, a street, a district or a city."""

    collection: ClassVar[str] = "funds"
    area: str
    name: str
    opened_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {FundView.collection: [index_by("area")]}


def show_fund(message: Incoming[FundOpened]) -> Sequence[FundView]:
    """Return the view of the fund that was opened."""
    data = message.data
    shown = FundView(id=data.fund_id, seen=message.version, area=data.area, name=data.name, opened_at=instant(message))
    return [shown]


PROJECTIONS: Final[ProjectionTable] = {FundOpened: Projection(newest(show_fund))}
