"""What the charity service says and can be asked: donors, donations, funds, stock, links."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.areas import AreaCode
from shared.contracts.messages import Command, EventData, Id, Label, Message, command, event
from shared.contracts.need_parts import Amount, Quantity, Tried, Waiting

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Phone = Annotated[str, StringConstraints(min_length=3, max_length=32, pattern=r"^[0-9+() -]+$")]
LinkState = Literal["waiting", "partial", "committed", "delivered", "released"]

# ---- events -------------------------------------------------------------------------------------------------


class GivenGoods(Message):
    """So many units of an item."""

    item: Label
    quantity: Quantity
    unit: Label


class GivenService(Message):
    """So many sessions of a professional service, pledged."""

    item: Label
    quantity: Quantity


class StockView(Message):
    """An account that supplies needs, as it stands after this step: `balance` posted, `reserved` pending of it."""

    account_id: str
    version: int
    holder_id: Id
    area: AreaCode
    commodity: str
    balance: int
    reserved: int


@event
class FundOpened(EventData):
    """A community fund (社区基金) stands."""

    type: ClassVar[str] = "charity.fund.opened"
    fund_id: Id
    area: AreaCode
    name: Name


@event
class DonorRegistered(EventData):
    """A donor is known; who it is stays with charity."""

    type: ClassVar[str] = "charity.donor.registered"
    donor_id: Id


@event
class DonationReceived(EventData):
    """Goods or sessions came into a station's stock, or money into a fund."""

    type: ClassVar[str] = "charity.donation.received"
    donation_id: Id
    donor_id: Id | None = None
    station_id: Id | None = None
    fund_id: Id | None = None
    area: AreaCode
    goods: tuple[GivenGoods, ...] = ()
    services: tuple[GivenService, ...] = ()
    amount_fen: int = 0
    stock: tuple[StockView, ...] = ()


class Source(Message):
    """Where a part of a line comes from, and why there."""

    line_id: str
    account_id: str
    transfer_id: str
    ring: Literal["station", "community", "street", "district", "city", "campaign"]
    amount: int


class LinkSnapshot(EventData):
    """What charity holds ready for a need, whole; readers keep the highest version.

    `stock` holds the accounts that this step changed, each with its own version.
    """

    need_id: Id
    version: int
    state: LinkState
    area: AreaCode
    amounts: tuple[Amount, ...] = ()
    sources: tuple[Source, ...] = ()
    tried: tuple[Tried, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    stock: tuple[StockView, ...] = ()


@event
class ResourcesLinked(LinkSnapshot):
    """Something was reserved, or the need now stands in the waiting list: state `partial`, `committed` or `waiting`."""

    type: ClassVar[str] = "charity.link.linked"


@event
class ResourcesReleased(LinkSnapshot):
    """The reservations were voided; the stock is free again."""

    type: ClassVar[str] = "charity.link.released"


@event
class ResourcesDelivered(LinkSnapshot):
    """The reservations were posted: the gift has arrived."""

    type: ClassVar[str] = "charity.link.delivered"


# ---- commands -----------------------------------------------------------------------------------------------


class DonorDetails(Message):
    """Who gives. Personal data: stays with charity, encrypted."""

    name: Name
    phone: Phone | None = None


@command
class RegisterDonor(Command):
    """Answers {id, version}."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "RegisterDonor"
    name: Name
    phone: Phone | None = None


@command
class OpenFund(Command):
    """A community, street, district or city fund. Answers the fund as read."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "OpenFund"
    area: AreaCode
    name: Name


@command
class Donate(Command):
    """Give goods or pledge sessions to a station's stock, or money to a fund.

    `station_area` is filled in by the gateway, which knows the stations. Answers the donation as read.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "Donate"
    station_id: Id | None = None
    station_area: AreaCode | None = None
    fund_id: Id | None = None
    donor_id: Id | None = None
    donor: DonorDetails | None = None
    goods: tuple[GivenGoods, ...] = Field(default=(), max_length=50)
    services: tuple[GivenService, ...] = Field(default=(), max_length=50)
    amount_fen: Quantity | None = None

    @model_validator(mode="after")
    def _one_receiver_one_gift(self) -> "Donate":
        if (self.station_id is None) == (self.fund_id is None):
            raise ValueError("give either station_id or fund_id")
        if self.fund_id is not None and (self.amount_fen is None or self.goods or self.services):
            raise ValueError("a fund receives money: give amount_fen alone")
        if self.station_id is not None and (self.amount_fen is not None or not (self.goods or self.services)):
            raise ValueError("a station receives goods or services: give goods or services, money goes to a fund")
        if self.donor_id is not None and self.donor is not None:
            raise ValueError("give either donor_id or donor")
        return self
