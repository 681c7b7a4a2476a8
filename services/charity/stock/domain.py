"""Supply accounts (库存): the accounts of the ledger that needs may draw on."""

from typing import Final

from shared.contracts.charity.stock import StockView
from shared.ledger import Account

MONEY: Final = "CNY"
"""The commodity of money, counted in fen; the others are `goods:<code>` and `service:<code>`, in base units."""


class Supply(Account):
    """An account that supplies needs: a station's stock of one item, or a fund's money. It is never overdrawn."""

    forbids_overdraft: bool = True


def reaches(commodity: str, area: str, need_area: str) -> bool:
    """Return whether supply in `area` may serve needs in `need_area` of the same city.

    Money is held by funds alone, and a fund serves the needs inside its own area: what the people of a community have
    given stays in the community. Goods and sessions may serve any need of the city.
    """
    return commodity != MONEY or need_area.startswith(area)


def stock_id(station_id: str, commodity: str) -> str:
    """Return the id of a station's stock of an item; a need finds that of its own station without a search."""
    return f"stock:{station_id}:{commodity}"


def new_stock(station_id: str, area: str, commodity: str) -> Supply:
    """Return a station's empty stock of an item."""
    return Supply(id=stock_id(station_id, commodity), commodity=commodity, holder=station_id, area=area, kind="stock")


def describe_supply(supply: Supply) -> StockView:
    """Return the account as events show it, with its version as just put."""
    return StockView(
        account_id=supply.id,
        version=supply.version,
        holder_id=supply.holder,
        area=supply.area,
        commodity=supply.commodity,
        balance=supply.balance,
        reserved=supply.debits_pending,
    )
