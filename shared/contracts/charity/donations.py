"""Donations (捐赠): gifts to stock and to funds."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from shared.contracts.access.actor import Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.charity.donors import DonorDetails
from shared.contracts.charity.stock import StockView
from shared.contracts.messages import (
    OPEN,
    Answer,
    AuditedQuery,
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
from shared.contracts.need_parts import MOST_FEN, GivenFen, Quantity
from shared.contracts.refusals import broken_rule

CorrectionReason = Literal["typed_wrong", "counted_again", "not_received"]


class GivenGoods(Message):
    """A number of units of an item of the catalogue."""

    item: Label
    quantity: Quantity
    unit: Label


class GivenService(Message):
    """Pledged sessions or hours of a professional service, in its base unit."""

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
    anonymous: bool = False
    stock: tuple[StockView, ...] = ()


@event
class DonationCorrected(EventData):
    """A donation is stated again, corrected and complete, with the reason.

    An excess that was booked is reversed as far as supply is free; a shortfall names the rest.
    """

    type: ClassVar[str] = "charity.donation.corrected"
    donation_id: Id
    donor_id: Id | None = None
    station_id: Id | None = None
    fund_id: Id | None = None
    area: AreaCode
    goods: tuple[GoodsTaken, ...] = ()
    services: tuple[GivenService, ...] = ()
    amount_fen: int = 0
    received_at: Instant
    corrected_for: Annotated[CorrectionReason, OPEN]
    corrected_by: Reference | None = None
    anonymous: bool = False
    stock: tuple[StockView, ...] = ()


@command
class Donate(Command):
    """Give goods or pledge sessions to a station's stock, or money to a fund.

    `station_area` is filled in by the gateway, which knows the stations. A donor brought along is kept in the area of
    the receiver. Of an `anonymous` gift the donor stands in no event, answer or record of the audit, and is therefore
    registered before; charity's officers read it by ReadGiver. Answers DonationAnswer.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "Donate"
    permission: ClassVar[Permission] = "donations:record"
    scope: ClassVar[Scope] = Scope(found=("station_id", "fund_id", "donor_id"))
    spoken_in: ClassVar[str] = "donor_id"
    station_id: Id | None = None
    station_area: AreaCode | None = None
    fund_id: Id | None = None
    donor_id: Id | None = None
    donor: DonorDetails | None = None
    goods: tuple[GivenGoods, ...] = Field(default=(), max_length=50)
    services: tuple[GivenService, ...] = Field(default=(), max_length=50)
    amount_fen: GivenFen | None = None
    anonymous: bool = False
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
        if self.anonymous and self.donor is not None:
            # The event of the registration would have the correlation of that of the gift.
            raise broken_rule("anonymous_donor_registered", field="donor")
        return self

    def ids_found(self) -> Sequence[str]:
        """Return the ids of receiver and donor; of an anonymous gift that of the receiver alone."""
        return [found for found in super().ids_found() if not (self.anonymous and found == self.donor_id)]


@command
class CorrectDonation(Command):
    """State a donation again, complete: an item that is not named was not given.

    Only the amounts change: another item is another gift. `expected_version`, where given, is the version that the
    sender has seen. Answers DonationAnswer.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "CorrectDonation"
    permission: ClassVar[Permission] = "donations:record"
    reason_field: ClassVar[str] = "reason_code"
    scope: ClassVar[Scope] = Scope(found=("donation_id",))
    donation_id: Id
    expected_version: int | None = None
    goods: tuple[GivenGoods, ...] = Field(default=(), max_length=50)
    services: tuple[GivenService, ...] = Field(default=(), max_length=50)
    amount_fen: int | None = Field(default=None, strict=True, ge=0, le=MOST_FEN)
    reason_code: CorrectionReason


class DonationAnswer(Answer):
    """A donation with the accounts it went to and the transfers that stand for it; money in fen."""

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
    corrected_for: Annotated[CorrectionReason, OPEN] | None = None
    anonymous: bool = False


@query
class ReadDonation(Query[DonationAnswer | None]):
    """Read a donation as the command that made it was answered."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadDonation"
    donation_id: Id


class GiverAnswer(Answer):
    """The donor of a gift, by reference; None where the donor is unknown."""

    donation_id: Id
    donor_id: Id | None = None
    anonymous: bool = False


@query
class ReadGiver(AuditedQuery[GiverAnswer | None]):
    """Read the donor of a gift, also of an anonymous one: for charity's own officers, who record donations.

    Its reader needs `donations:record` beside `personal:read`.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadGiver"
    recorded_as: ClassVar[str] = "giver"
    about: ClassVar[str] = "donation_id"
    donation_id: Id
