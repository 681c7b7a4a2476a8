"""The time bank (时间银行): minutes credited for confirmed service."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    OPEN,
    Answer,
    EventData,
    Id,
    Instant,
    Query,
    event,
    query,
)
from shared.contracts.volunteering.dispatch import HoursReason


class HoursMoved(EventData):
    """Minutes of one service that came into a volunteer's time-bank account, or left it; the balance afterwards."""

    need_id: Id
    dispatch_id: Id
    volunteer_id: Id
    area: AreaCode
    minutes: int
    transfer_id: str
    balance_minutes: int
    account_version: int


@event
class HoursCredited(HoursMoved):
    """Minutes minted into a volunteer's time-bank account from one confirmed service."""

    type: ClassVar[str] = "volunteering.hours.credited"


@event
class HoursCorrected(HoursMoved):
    """Credited minutes were taken back (`minutes` are negative), or given back.

    Presence that two ids of one person had at the same time is credited once, as long as the ids are merged.
    """

    type: ClassVar[str] = "volunteering.hours.corrected"


@event
class HoursAdjusted(HoursMoved):
    """The minutes of a credited service were adjusted; `minutes` came into the account, or left it where negative.

    `service_minutes` are those of the service now. `short_minutes` of those credited before were spent and are not
    taken back: they stay credited as the shortfall of the service.
    """

    type: ClassVar[str] = "volunteering.hours.adjusted"
    reason_code: Annotated[HoursReason, OPEN]
    service_minutes: int
    short_minutes: int


class StatementEntry(Answer):
    """One movement of an account: `minutes` are negative where they left it, `cause` is the dispatch."""

    id: str
    at: Instant
    minutes: int
    state: Annotated[Literal["pending", "posted", "voided"], OPEN]
    reason: str
    cause: str


class StatementAnswer(Answer):
    """A volunteer's time-bank account: the balance in minutes and a page of entries, oldest first.

    `next` continues after this page; None ends the list.
    """

    volunteer_id: str
    balance_minutes: int
    items: tuple[StatementEntry, ...]
    next: str | None


@query
class ReadTimeStatement(Query[StatementAnswer]):
    """Read a volunteer's account and 1 to 500 of its entries, oldest first; `after` is the `next` of a page.

    An unknown volunteer has an empty account.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadTimeStatement"
    volunteer_id: Id
    after: str | None = Field(default=None, max_length=200)
    limit: int = Field(default=100, ge=1, le=500)
