"""Supply accounts (库存) as events show them, and an account's statement."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.actor import Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.catalogue.resolution import MOST_BASE_UNITS
from shared.contracts.messages import (
    OPEN,
    Answer,
    Command,
    EventData,
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

TransferState = Literal["pending", "posted", "voided"]
Sharing = Literal["own", "street", "district", "city"]
"""The needs that a station's stock of an item serves: its own, or all in its street, its district or its city."""
MOST_RESERVED: Final = MOST_BASE_UNITS
"""As much as one gift may bring."""


class StockView(Message):
    """An account that supplies needs, as it stands after this step: `balance` posted, `reserved` pending of it.

    The needs of other stations may draw on the part above `reserve`, within the area that `sharing` names.
    """

    account_id: str
    version: int
    holder_id: Id
    area: AreaCode
    commodity: str
    balance: int
    reserved: int
    sharing: Annotated[Sharing, OPEN] = "city"
    reserve: int = 0


MAX_MOVED: Final = 100
"""Accounts in one event about stock; with the longest codes it takes half the size that an event may have."""


@event
class StockMoved(EventData):
    """Accounts that a need's link has changed and its own event had no room for. The need is its subject."""

    type: ClassVar[str] = "charity.stock.moved"
    stock: tuple[StockView, ...] = Field(max_length=MAX_MOVED)


class AccountAnswer(Answer):
    """One account of the ledger, in its commodity's unit.

    `balance` is posted, `available` is the part of it that is not reserved. The area is empty where the account
    belongs to none.
    """

    id: str
    version: int
    commodity: str
    holder: str
    area: str
    kind: str
    forbids_overdraft: bool
    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int
    balance: int
    available: int


class StatementItem(Answer):
    """One transfer of an account: `amount` is below zero where it leaves the account, also while it is pending."""

    id: str
    at: Instant
    state: Annotated[TransferState, OPEN]
    amount: int
    other_account: str
    reason: str
    cause: str
    reverses: str | None = None


class StatementAnswer(Answer):
    """An account and a page of its transfers, in order of time; `next` is the cursor of the page after it."""

    account: AccountAnswer
    items: tuple[StatementItem, ...]
    next: str | None = None


@query
class ReadAccountStatement(Query[StatementAnswer | None]):
    """Read an account and its transfers in order of time, at most 500 a page; `after` is the `next` of a page."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadAccountStatement"
    account_id: str = Field(min_length=1, max_length=200)
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=100, ge=1, le=500)


@command
class ShareStock(Command):
    """Set the area that a station's stock of an item serves, and the reserve that stays for its own needs.

    `reserve` is counted in the item's base unit. Reservations made before stand. `station_area` is filled in by the
    gateway, which knows the stations. Answers StockAnswer.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ShareStock"
    permission: ClassVar[Permission] = "stock:share"
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id
    station_area: AreaCode | None = None
    kind: Literal["goods", "service"] = "goods"
    item: Label
    sharing: Sharing
    reserve: int = Field(default=0, strict=True, ge=0, le=MOST_RESERVED)


@event
class StockShared(EventData):
    """A station has set the area that its stock of an item serves, and its reserve: `stock` shows both."""

    type: ClassVar[str] = "charity.stock.shared"
    stock: tuple[StockView, ...] = Field(min_length=1, max_length=1)
    shared_by: Reference | None = None


@event
class StockHandedOver(EventData):
    """A station has moved, or was merged: an account of its stock, and that of its successor, after the handover."""

    type: ClassVar[str] = "charity.stock.handed_over"
    stock: tuple[StockView, ...] = Field(min_length=1, max_length=2)


class StockAnswer(Answer):
    """A station's stock of an item after a decision about it, in the item's base unit."""

    id: str
    version: int
    station_id: Id
    area: AreaCode
    commodity: str
    balance: int
    reserved: int
    sharing: Annotated[Sharing, OPEN]
    reserve: int
