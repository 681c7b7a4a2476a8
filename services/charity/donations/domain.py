"""A donation (捐赠), the accounts that it comes from and goes to, and the rules that it must meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from services.charity.funds.domain.balance import fund_account_id
from services.charity.stock.domain import MONEY, Supply, describe_supply, stock_id
from shared.contracts.access import Reference
from shared.contracts.catalogue.entries import Kind, commodity_of
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import require_item, to_base_units
from shared.contracts.charity.donations import (
    CorrectDonation,
    Donate,
    DonationAnswer,
    DonationCorrected,
    DonationReceived,
    GivenGoods,
    GivenService,
    GoodsTaken,
)
from shared.contracts.charity.stock import StockView
from shared.engine import Entity
from shared.ledger import Account

Stated = Donate | CorrectDonation
"""A gift as somebody states it: at first, or again."""


class Giver(Entity):
    """The donor of an anonymous gift, under the gift's id: kept apart from the gift, which everybody sees."""

    collection: ClassVar[str] = "givers"

    donor_id: str
    area: str


class Donation(Entity):
    """A gift with its donor and its receiver.

    A correction states the whole gift again. `accounts` and `transfers` go by its commodities as they were first
    given. A transfer is the one in force, empty where none is any more. `commodities` is empty until a correction.
    """

    collection: ClassVar[str] = "donations"

    donor_id: str | None = None
    station_id: str | None = None
    fund_id: str | None = None
    area: str
    goods: tuple[GoodsTaken, ...] = ()
    services: tuple[GivenService, ...] = ()
    amount_fen: int = 0
    accounts: tuple[str, ...]
    transfers: tuple[str, ...]
    received_at: datetime
    commodities: tuple[str, ...] = ()
    corrections: int = 0
    corrected_for: str | None = None
    anonymous: bool = False


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


@dataclass(frozen=True)
class Taken:
    """A gift in codes and base units. `amounts` are by commodity; the same item given twice is one amount."""

    goods: tuple[GoodsTaken, ...]
    services: tuple[GivenService, ...]
    amounts: Mapping[str, int]


def labels_of(gift: Stated) -> list[tuple[Kind, str]]:
    """Return the labels of the gift, each with its kind."""
    goods: list[tuple[Kind, str]] = [("item", part.item) for part in gift.goods]
    return goods + [("item", part.item) for part in gift.services]


def to_taken(gift: Stated, catalogue: Catalogue) -> Taken:
    """Return the gift in codes and base units.

    Raises Refused("invalid") for an unknown or retired item and for an unknown unit, naming field and nearest entries.
    """
    amounts: dict[str, int] = {}
    goods = tuple(_to_goods(f"goods.{nth}", part, catalogue) for nth, part in enumerate(gift.goods))
    services = tuple(_to_service(f"services.{nth}", part, catalogue) for nth, part in enumerate(gift.services))
    for taken in goods:
        _add(amounts, commodity_of("goods", taken.item), taken.base_quantity)
    for pledged in services:
        _add(amounts, commodity_of("service", pledged.item), pledged.quantity)
    if gift.amount_fen is not None:
        _add(amounts, MONEY, gift.amount_fen)
    return Taken(goods, services, amounts)


def amounts_of(donation: Donation) -> dict[str, int]:
    """Return the amounts of the gift by commodity, in the order in which they were given."""
    amounts: dict[str, int] = dict.fromkeys(donation.commodities, 0)
    for taken in donation.goods:
        _add(amounts, commodity_of("goods", taken.item), taken.base_quantity)
    for pledged in donation.services:
        _add(amounts, commodity_of("service", pledged.item), pledged.quantity)
    if donation.fund_id is not None:
        amounts[MONEY] = donation.amount_fen
    return amounts


def _to_goods(field: str, given: GivenGoods, catalogue: Catalogue) -> GoodsTaken:
    item = require_item(catalogue, "goods", given.item, f"{field}.item")
    unit, base = to_base_units(item, given.quantity, given.unit, field)
    return GoodsTaken(
        item=item.code, quantity=given.quantity, unit=unit.code, base_unit=item.base.code, base_quantity=base
    )


def _to_service(field: str, given: GivenService, catalogue: Catalogue) -> GivenService:
    item = require_item(catalogue, "service", given.item, f"{field}.item")
    return GivenService(item=item.code, quantity=given.quantity)


def _add(amounts: dict[str, int], commodity: str, amount: int) -> None:
    amounts[commodity] = amounts.get(commodity, 0) + amount


def describe_donation(donation: Donation) -> DonationAnswer:
    """Return the donation as commands and queries answer it."""
    answer = DonationAnswer.model_validate(donation, from_attributes=True)
    return answer.model_copy(update={"transfers": tuple(filter(None, donation.transfers))})


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
        anonymous=donation.anonymous,
        stock=tuple(describe_supply(supply) for supply in stock),
    )


def build_correction(
    donation: Donation, stock: tuple[StockView, ...], corrected_by: Reference | None
) -> DonationCorrected:
    """Return the event about the donation as just stated again, with the accounts that changed."""
    shown = {name: getattr(donation, name) for name in DonationCorrected.model_fields if hasattr(donation, name)}
    return DonationCorrected(**shown, donation_id=donation.id, corrected_by=corrected_by, stock=stock)
