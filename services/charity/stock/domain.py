"""Supply accounts (库存): the accounts of the ledger that needs may draw on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from shared.contracts.areas import (
    CITY_DIGITS,
    COMMUNITY_DIGITS,
    DISTRICT_DIGITS,
    STREET_DIGITS,
    ancestor_at,
    lies_in_city,
)
from shared.contracts.charity.stock import Sharing, StockView
from shared.contracts.refusals import Refused
from shared.ledger import Account

MONEY: Final = "CNY"
"""The commodity of money, counted in fen; the others are `goods:<code>` and `service:<code>`, in base units."""

FUND: Final = "fund"
"""The kind of the accounts that hold money, see `funds.domain.balance`."""
SHARED_DIGITS: Final[Mapping[Sharing, int]] = {
    "own": COMMUNITY_DIGITS,
    "street": STREET_DIGITS,
    "district": DISTRICT_DIGITS,
    "city": CITY_DIGITS,
}
"""The digits of the area that a station's stock reaches, see `usable`."""


class Supply(Account):
    """An account that supplies needs: a station's stock of one item, or a fund's money. It is never overdrawn.

    `sharing` and `reserve` are a station's own decision about its stock, see `usable`; since `shared_at` (UTC).
    """

    forbids_overdraft: bool = True
    sharing: Sharing = "city"
    reserve: int = 0
    shared_at: datetime | None = None

    @property
    def shareable(self) -> int:
        """The amount above the reserve, which the needs of other stations may draw on where it is shared with them."""
        return max(0, self.available - self.reserve)

    @property
    def within(self) -> str:
        """The area whose needs may draw on it. Of stock that stays with its station, the area of the station."""
        if self.kind == FUND:
            return self.area
        return ancestor_at(self.area, SHARED_DIGITS[self.sharing]) or self.area


def usable(supply: Supply, station_id: str, area: str) -> int:
    """Return the amount that a need of the station, in `area` of the same city, may draw on.

    Money is held by funds alone, and a fund serves the needs inside its own area: the gifts of a community stay in the
    community. Goods and sessions serve the station's own needs to the last, the needs of others as
    far as the station shares them and above its reserve.
    """
    if supply.holder == station_id:
        return supply.available
    if not area.startswith(supply.within) or supply.sharing == "own":
        return 0
    return supply.shareable


def freed(supply: Supply, now: datetime) -> Supply:
    """Return the stock of a closed station, which serves the whole city without a reserve; itself where it does."""
    if (supply.sharing, supply.reserve) == ("city", 0):
        return supply
    return supply.model_copy(update={"sharing": "city", "reserve": 0, "shared_at": now})


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
        sharing=supply.sharing,
        reserve=supply.reserve,
    )


def check_station_area(area: str) -> None:
    """Refuse a receiving station in a whole province, because supply reaches the needs of one city.

    Raises Refused("invalid", field "station_area").
    """
    if not lies_in_city(area):
        raise Refused("invalid", "station_area_too_wide", field="station_area", area=area)
