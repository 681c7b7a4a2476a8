"""Answers about supply accounts."""

from typing import Final, Literal, NamedTuple

from pydantic import Field

from services.gateway.features.stock.view import StockView
from services.gateway.http.answers import Versioned

Kind = Literal["goods", "service", "money"]
MONEY: Final = "CNY"


class StockAnswer(Versioned):
    """An account that supplies needs, in units, sessions or fen."""

    station_id: str | None = None
    fund_id: str | None = None
    area: str
    commodity: str
    kind: Kind
    item: str | None
    unit: str | None
    balance: int
    reserved: int = Field(description="Of the balance, promised to needs.")
    available: int


class Commodity(NamedTuple):
    """A commodity of the ledger in its parts; money has no item, and only goods have a unit."""

    kind: Kind
    item: str | None = None
    unit: str | None = None

    @classmethod
    def parse(cls, name: str) -> "Commodity":
        """Return the parts of `CNY`, `goods:rice:bag` or `service:counselling`.

        An item may itself hold colons, so the unit of goods is the part after the last one.
        """
        if name == MONEY:
            return cls("money")
        kind, _, rest = name.partition(":")
        if kind == "goods":
            item, _, unit = rest.rpartition(":")
            return cls("goods", item, unit)
        return cls("service", rest)


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
        unit=commodity.unit,
        balance=view.balance,
        reserved=view.reserved,
        available=view.balance - view.reserved,
    )
    # Only the holder's own field is set, and so shown.
    holder = "fund_id" if commodity.kind == "money" else "station_id"
    return answer.model_copy(update={holder: view.holder_id})
