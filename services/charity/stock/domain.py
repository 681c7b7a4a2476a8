"""Charity's accounts in the ledger: what supplies needs, what was given, what was used."""

from collections.abc import Set as AbstractSet
from typing import Any, Final

from shared.contracts.areas import ancestors
from shared.contracts.charity.stock import StockView
from shared.ledger import Account

MONEY: Final = "CNY"
CITY_DIGITS: Final = 4
"""Supply reaches needs of the same city; whoever gives to the whole province gives to its cities."""


class Supply(Account):
    """An account that supplies needs: a station's stock of one item, or a fund's money. Never overdrawn."""

    forbids_overdraft: bool = True

    def to_document(self, only: AbstractSet[str] | None = None) -> dict[str, Any]:
        """With what the search for supply needs (`storage.SupplyNear`).

        `reach` names the areas that may draw on it, `plenty` the size of what is available as a power of two.
        Sorting by a power of two instead of the amount itself keeps a hot account's index entries still: only a
        doubling or halving moves them.
        """
        document = super().to_document(only)
        document["reach"] = [reach(self.commodity, area) for area in ancestors(self.area) if is_local(area)]
        document["plenty"] = self.plenty
        return document

    @property
    def plenty(self) -> int:
        """The size of what is available: 0 for nothing, n for 2ⁿ⁻¹ to 2ⁿ-1."""
        return max(0, self.available).bit_length()


def is_local(area: str) -> bool:
    """Whether the area is a city or lies within one."""
    return len(area) >= CITY_DIGITS


def city_of(area: str) -> str:
    """The code of the city that the area lies in."""
    return area[:CITY_DIGITS]


def reach(commodity: str, area: str) -> str:
    """How the search names "this commodity for that area"."""
    return f"{commodity}@{area}"


def stock_id(station_id: str, commodity: str) -> str:
    """The station's stock of an item; known beforehand, so that a need finds its own station's without search."""
    return f"stock:{station_id}:{commodity}"


def fund_account_id(fund_id: str) -> str:
    """The fund's money."""
    return f"fund:{fund_id}:{MONEY}"


def used_id(area: str, commodity: str) -> str:
    """Where what needs of an area receive is counted; one a station's area keeps it from becoming hot."""
    return f"used:{area}:{commodity}"


def given_id(area: str, commodity: str) -> str:
    """Where what donors give in an area comes from: an account that stands below zero by all that was given."""
    return f"given:{area}:{commodity}"


def new_stock(station_id: str, area: str, commodity: str) -> Supply:
    """A station's empty stock of an item."""
    return Supply(id=stock_id(station_id, commodity), commodity=commodity, holder=station_id, area=area, kind="stock")


def new_fund_account(fund_id: str, area: str) -> Supply:
    """A fund without money."""
    return Supply(id=fund_account_id(fund_id), commodity=MONEY, holder=fund_id, area=area, kind="fund")


def new_used(area: str, commodity: str) -> Account:
    """Nothing used yet."""
    return Account(id=used_id(area, commodity), commodity=commodity, holder="needs", area=area, kind="used")


def new_given(area: str, commodity: str) -> Account:
    """Nothing given yet."""
    return Account(id=given_id(area, commodity), commodity=commodity, holder="donors", area=area, kind="given")


def view(supply: Supply) -> StockView:
    """The account as events show it."""
    return StockView(
        account_id=supply.id,
        version=supply.version,
        holder_id=supply.holder,
        area=supply.area,
        commodity=supply.commodity,
        balance=supply.balance,
        reserved=supply.debits_pending,
    )
