"""Resource linking (资源链接): reservations for a need, and their end."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.areas import AreaCode
from shared.contracts.charity.stock import StockView
from shared.contracts.messages import (
    OPEN,
    Answer,
    EventData,
    Id,
    Instant,
    Message,
    Query,
    event,
    query,
)
from shared.contracts.need_parts import Amount, SupplyRing, Tried, Waiting

LinkState = Literal["waiting", "partial", "committed", "delivered", "released"]


class Source(Message):
    """The source of a part of a line: the account, the transfer that reserves it, and the ring of the account."""

    line_id: str
    account_id: str
    transfer_id: str
    ring: Annotated[SupplyRing, OPEN]
    amount: int


class LinkSnapshot(EventData):
    """The whole link of a need, with all its reservations; readers keep the highest version.

    `stock` holds the accounts that this step changed, each with its own version.
    """

    need_id: Id
    version: int
    state: Annotated[LinkState, OPEN]
    area: AreaCode
    amounts: tuple[Amount, ...] = ()
    sources: tuple[Source, ...] = ()
    tried: tuple[Tried, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    stock: tuple[StockView, ...] = ()


@event
class ResourcesLinked(LinkSnapshot):
    """Supply was reserved, or the need went to the waiting list: state `committed`, `partial` or `waiting`."""

    type: ClassVar[str] = "charity.link.linked"


@event
class ResourcesReleased(LinkSnapshot):
    """The reservations were voided; the supply is available again."""

    type: ClassVar[str] = "charity.link.released"


@event
class ResourcesDelivered(LinkSnapshot):
    """The reservations were posted: the goods, sessions and money have arrived."""

    type: ClassVar[str] = "charity.link.delivered"


class LinkLineAnswer(Answer):
    """One line of a need and its progress, in the line's own unit."""

    line_id: str
    commodity: str
    requested: int
    committed: int
    fulfilled: int


class LinkAnswer(Answer):
    """The link of a need: its lines, its reservations, the rings tried (L6), and the reasons why it waits (L1)."""

    need_id: Id
    version: int
    station_id: Id
    area: AreaCode
    state: Annotated[LinkState, OPEN]
    priority: int
    published_at: Instant
    waiting_since: Instant | None = None
    need_version: int
    lines: tuple[LinkLineAnswer, ...]
    sources: tuple[Source, ...]
    tried: tuple[Tried, ...]
    waiting: tuple[Waiting, ...]


class WaitingListAnswer(Answer):
    """Needs that wait for resources: highest priority band first, then earliest registration, then id.

    20 points of triage are a band, and a need rises one with every six hours since its registration.
    """

    items: tuple[LinkAnswer, ...]


@query
class ReadLink(Query[LinkAnswer | None]):
    """Read the reservations for a need and the rings that were searched; a need without lines has none."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadLink"
    need_id: Id


@query
class ListWaitingNeeds(Query[WaitingListAnswer]):
    """List the needs in an area that wait for resources, at most 500, in the order in which they are served.

    Of one band, supply serves the needs that are near to it before those that have waited longer.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ListWaitingNeeds"
    area: AreaCode
    limit: int = Field(default=100, ge=1, le=500)
