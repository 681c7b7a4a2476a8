"""A donation (捐赠), the accounts that it comes from and goes to, and the rules that it must meet."""

from datetime import datetime
from typing import ClassVar

from services.charity.funds.domain.balance import fund_account_id
from services.charity.stock.domain import MONEY, Supply, describe_supply, stock_id
from shared.contracts import Refused
from shared.contracts.areas import lies_in_city
from shared.contracts.charity.donations import Donate, DonationAnswer, DonationReceived, GivenGoods, GivenService
from shared.engine import Entity
from shared.ledger import Account


class Donation(Entity):
    """A gift with its donor and its receiver. It never changes; the transfers that moved it are named."""

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


def given_id(area: str, commodity: str) -> str:
    """Return the id of the account that gifts in an area come from: it stands below zero by all that was given."""
    return f"given:{area}:{commodity}"


def new_given(area: str, commodity: str) -> Account:
    """Return such an account with nothing given yet."""
    return Account(id=given_id(area, commodity), commodity=commodity, holder="donors", area=area, kind="given")


def receiver_id(gift: Donate, commodity: str) -> str:
    """Return the id of the supply account that the gift goes to: the fund's, or the station's stock of the item."""
    if gift.fund_id is not None:
        return fund_account_id(gift.fund_id)
    return stock_id(str(gift.station_id), commodity)


def check_station_area(area: str) -> None:
    """Refuse a receiving station in a whole province, because supply reaches the needs of one city.

    Raises Refused("invalid", field "station_area").
    """
    if not lies_in_city(area):
        raise Refused("invalid", "station_area_too_wide", field="station_area", area=area)


def sum_by_commodity(gift: Donate) -> dict[str, int]:
    """Return the amounts given, by commodity: units, sessions or fen; the same item given twice is one amount."""
    amounts: dict[str, int] = {}
    named = [(f"goods:{g.item}:{g.unit}", g.quantity) for g in gift.goods]
    named += [(f"service:{s.item}", s.quantity) for s in gift.services]
    if gift.amount_fen is not None:
        named.append((MONEY, gift.amount_fen))
    for commodity, amount in named:
        amounts[commodity] = amounts.get(commodity, 0) + amount
    return amounts


def describe_donation(donation: Donation) -> DonationAnswer:
    """Return the donation as commands and queries answer it."""
    return DonationAnswer.model_validate(donation, from_attributes=True)


def build_event(donation: Donation, stock: tuple[Supply, ...]) -> DonationReceived:
    """Return the event about the donation as just put, with the accounts that it went to."""
    return DonationReceived(
        donation_id=donation.id,
        donor_id=donation.donor_id,
        station_id=donation.station_id,
        fund_id=donation.fund_id,
        area=donation.area,
        goods=donation.goods,
        services=donation.services,
        amount_fen=donation.amount_fen,
        stock=tuple(describe_supply(supply) for supply in stock),
    )
