"""Donations (捐赠): gifts to stock and to funds."""

from typing import ClassVar

from pydantic import Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.charity.donors import DonorDetails
from shared.contracts.charity.stock import StockView
from shared.contracts.messages import (
    Answer,
    Command,
    EventData,
    ExternalId,
    Id,
    Instant,
    Label,
    Message,
    Query,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.need_parts import GivenFen, Quantity
from shared.contracts.refusals import broken_rule


class GivenGoods(Message):
    """So many units of an item of the catalogue."""

    item: Label
    quantity: Quantity
    unit: Label


class GivenService(Message):
    """So many sessions or hours of a professional service, pledged: in its base unit."""

    item: Label
    quantity: Quantity


class GoodsTaken(GivenGoods):
    """Goods as they were taken in: codes for item and units, and the quantity in base units beside the one given."""

    base_unit: Label
    base_quantity: int


@event
class DonationReceived(EventData):
    """Goods or sessions came into a station's stock, or money into a fund."""

    type: ClassVar[str] = "charity.donation.received"
    donation_id: Id
    donor_id: Id | None = None
    station_id: Id | None = None
    fund_id: Id | None = None
    area: AreaCode
    goods: tuple[GoodsTaken, ...] = ()
    services: tuple[GivenService, ...] = ()
    amount_fen: int = 0
    stock: tuple[StockView, ...] = ()


@command
class Donate(Command):
    """Give goods or pledge sessions to a station's stock, or money to a fund.

    `station_area` is filled in by the gateway, which knows the stations. A donor brought along is kept in the area of
    the receiver. Answers DonationAnswer.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "Donate"
    permission: ClassVar[Permission] = "donations:record"
    scope: ClassVar[Scope] = Scope(found=("station_id", "fund_id", "donor_id"))
    station_id: Id | None = None
    station_area: AreaCode | None = None
    fund_id: Id | None = None
    donor_id: Id | None = None
    donor: DonorDetails | None = None
    goods: tuple[GivenGoods, ...] = Field(default=(), max_length=50)
    services: tuple[GivenService, ...] = Field(default=(), max_length=50)
    amount_fen: GivenFen | None = None
    external_id: ExternalId | None = None

    @model_validator(mode="after")
    def _one_receiver_one_gift(self) -> "Donate":
        if (self.station_id is None) == (self.fund_id is None):
            raise broken_rule("one_receiver", field="station_id")
        if self.fund_id is not None and (self.amount_fen is None or self.goods or self.services):
            raise broken_rule("fund_receives_money", field="amount_fen")
        if self.station_id is not None and (self.amount_fen is not None or not (self.goods or self.services)):
            raise broken_rule("station_receives_goods", field="goods")
        if self.donor_id is not None and self.donor is not None:
            raise broken_rule("one_donor", field="donor")
        return self


class DonationAnswer(Answer):
    """A donation with the accounts it went to and the transfers that moved it; money in fen."""

    id: Id
    version: int
    donor_id: Id | None = None
    station_id: Id | None = None
    fund_id: Id | None = None
    area: AreaCode
    goods: tuple[GoodsTaken, ...] = ()
    services: tuple[GivenService, ...] = ()
    amount_fen: int = 0
    accounts: tuple[str, ...]
    transfers: tuple[str, ...]
    received_at: Instant


@query
class ReadDonation(Query[DonationAnswer | None]):
    """Read a donation as the command that made it was answered."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadDonation"
    donation_id: Id
