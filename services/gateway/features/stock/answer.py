"""Answers about supply accounts."""

from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field

from services.gateway.features.stock.view import StockView
from services.gateway.http.answers import Versioned
from shared.contracts.charity import stock as contract
from shared.contracts.charity.stock import Sharing
from shared.contracts.messages import OPEN

Kind = Literal["goods", "money", "service"]
MONEY: Final = "CNY"


class StockAnswer(Versioned):
    """An account that supplies needs, in the base unit of the item (see `/v1/catalogue`) or in fen."""

    station_id: str | None = None
    fund_id: str | None = None
    area: str
    commodity: str
    kind: Annotated[Kind, OPEN]
    item: str | None
    balance: int
    reserved: int = Field(description="Of the balance, promised to needs.")
    available: int
    sharing: Annotated[Sharing, OPEN] = Field(
        description="The needs that may draw on it: the station's `own`, or all of its `street`, `district` or `city`. "
        "Of a fund, those inside its own area."
    )
    reserve: int = Field(description="Of the available amount, kept for the station's own needs.")


class Commodity(NamedTuple):
    """A commodity of the ledger in its parts; money has no item."""

    kind: Kind
    item: str | None = None

    @classmethod
    def parse(cls, name: str) -> "Commodity":
        """Return the parts of `CNY`, `goods:rice` or `service:counselling`."""
        if name == MONEY:
            return cls("money")
        kind, _, item = name.partition(":")
        return cls("goods" if kind == "goods" else "service", item)


def account_from_view(view: StockView) -> StockAnswer:
    """Return the account with its commodity in parts; its holder is a fund for money, otherwise a station."""
    commodity = Commodity.parse(view.commodity)
    answer = StockAnswer(
        id=view.id,
        version=view.seen,
        area=view.area,
        commodity=view.commodity,
        kind=commodity.kind,
        item=commodity.item,
        balance=view.balance,
        reserved=view.reserved,
        available=view.balance - view.reserved,
        sharing=view.sharing,
        reserve=view.reserve,
    )
    # Only the holder's own field is set, and so shown.
    holder = "fund_id" if commodity.kind == "money" else "station_id"
    return answer.model_copy(update={holder: view.holder_id})


def account_from_owner(answer: contract.StockAnswer) -> StockAnswer:
    """Return the stock as charity answered a decision about it: for when the view is late."""
    view = StockView(
        id=answer.id,
        seen=answer.version,
        holder_id=answer.station_id,
        area=answer.area,
        commodity=answer.commodity,
        balance=answer.balance,
        reserved=answer.reserved,
        sharing=answer.sharing,
        reserve=answer.reserve,
    )
    return account_from_view(view)
