"""Donors, community funds (社区基金) and donations."""

from datetime import datetime
from typing import Any, ClassVar, Protocol

from services.charity.stock.domain import MONEY, fund_account_id, is_local, stock_id
from shared.contracts import Refused
from shared.contracts.charity.donations import Donate, DonationReceived, GivenGoods, GivenService
from shared.contracts.charity.stock import StockView
from shared.engine import Entity


class Sealing(Protocol):
    """What seals words about people before they are stored."""

    def seal(self, text: str) -> str:
        """The text, readable only with the data key."""


class Donor(Entity):
    """Who gives; name and phone are sealed."""

    collection: ClassVar[str] = "donors"

    name_sealed: str
    phone_sealed: str | None = None
    registered_at: datetime


class Fund(Entity):
    """Money of a community, a street, a district or a city for its needs. Its account is `fund:<id>:CNY`."""

    collection: ClassVar[str] = "funds"

    area: str
    name: str
    opened_at: datetime


class Donation(Entity):
    """What was given, by whom, to whom; the transfers that moved it are named, never changed."""

    collection: ClassVar[str] = "donations"

    donor_id: str | None = None
    station_id: str | None = None
    fund_id: str | None = None
    area: str
    goods: tuple[GivenGoods, ...] = ()
    services: tuple[GivenService, ...] = ()
    amount_fen: int = 0
    accounts: tuple[str, ...]
    transfers: tuple[str, ...]
    received_at: datetime


def sealed_donor(donor_id: str, name: str, phone: str | None, vault: Sealing, now: datetime) -> Donor:
    """A donor as stored."""
    return Donor(
        id=donor_id,
        name_sealed=vault.seal(name),
        phone_sealed=None if phone is None else vault.seal(phone),
        registered_at=now,
    )


def check_fund_area(area: str) -> None:
    """A fund serves one city at most. Raises Refused for a province."""
    if not is_local(area):
        raise Refused(
            "invalid",
            f"A fund cannot cover the province {area}: open one for each of its cities.",
            field="area",
            rule="a fund covers a city, a district, a street or a community",
        )


def station_area(gift: Donate) -> str:
    """Where the receiving station is. Raises Refused where nobody knows the station."""
    area = gift.station_area
    if area is None:
        raise Refused(
            "not_found",
            f"There is no station {gift.station_id}: check the id.",
            field="station_id",
            rule="known station",
        )
    if not is_local(area):
        raise Refused(
            "invalid",
            f"A station cannot stand in the whole province {area}: give its community or street.",
            field="station_area",
            rule="a station stands in a community or a street",
        )
    return area


def parts(gift: Donate) -> dict[str, int]:
    """What is given, by commodity; the same item given twice is one amount."""
    amounts: dict[str, int] = {}
    named = [(f"goods:{g.item}:{g.unit}", g.quantity) for g in gift.goods]
    named += [(f"service:{s.item}", s.quantity) for s in gift.services]
    if gift.amount_fen is not None:
        named.append((MONEY, gift.amount_fen))
    for commodity, amount in named:
        amounts[commodity] = amounts.get(commodity, 0) + amount
    return amounts


def receiving_account(gift: Donate, commodity: str) -> str:
    """The account that the gift goes to."""
    if gift.fund_id is not None:
        return fund_account_id(gift.fund_id)
    return stock_id(str(gift.station_id), commodity)


def as_read(donation: Donation) -> dict[str, Any]:
    """The donation as the API gives it back."""
    read = donation.model_dump(mode="json")
    read["goods"] = [goods.model_dump() for goods in donation.goods]
    return read


def fund_as_read(fund: Fund, balance: int, reserved: int) -> dict[str, Any]:
    """The fund as the API gives it back, with its money in fen."""
    return {
        "id": fund.id,
        "version": fund.version,
        "area": fund.area,
        "name": fund.name,
        "opened_at": fund.opened_at.isoformat(),
        "account_id": fund_account_id(fund.id),
        "balance_fen": balance,
        "reserved_fen": reserved,
    }


def received(donation: Donation, stock: tuple[StockView, ...]) -> DonationReceived:
    """The event about the donation as it was just put."""
    return DonationReceived(
        donation_id=donation.id,
        donor_id=donation.donor_id,
        station_id=donation.station_id,
        fund_id=donation.fund_id,
        area=donation.area,
        goods=donation.goods,
        services=donation.services,
        amount_fen=donation.amount_fen,
        stock=stock,
    )
