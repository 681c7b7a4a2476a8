"""Dispatch (派单): the staffing of a need, offers (邀约), check-in and check-out."""

from operator import not_
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    OPEN,
    Answer,
    Command,
    EventData,
    Id,
    Instant,
    Message,
    Query,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.need_parts import Tried, Waiting
from shared.contracts.reasons import Reason

DispatchState = Literal[
    "offered", "accepted", "declined", "expired", "checked_in", "checked_out", "credited", "cancelled",
]  # fmt: skip


StaffingState = Literal["searching", "offered", "waiting", "staffed", "serving", "served", "credited", "released"]
HoursReason = Literal[
    "forgot_check_out", "left_earlier", "left_later", "came_earlier", "came_later", "did_not_serve", "recorded_wrongly",
]  # fmt: skip
"""The reason for which a second person states the time of a service, or adjusts its minutes."""
MOST_MINUTES: Final = 24 * 60
"""Minutes of one service that a request may state; the slot and the city's policy allow fewer."""
Ring = Literal["community", "street", "district", "city"]
"""The smallest of these areas that holds both the need and the volunteer."""


class DispatchView(Message):
    """One volunteer's part in one need (派单), as it stands now; first an offer (邀约), then a booking.

    `stated_for` is the reason for which a second person stated the time of the service. `hours_due` is the instant by
    which somebody has to, because the volunteer did not check out; `reminded` counts the reminders since.
    `short_minutes` of a credited service are credited beyond `minutes`, because they were spent before an adjustment;
    then `hours_due` is the instant by which somebody has to collect them. Left out where there are none.
    """

    dispatch_id: Id
    version: int
    volunteer_id: Id
    state: Annotated[DispatchState, OPEN]
    ring: Annotated[Ring, OPEN]
    wave: int
    standing: bool = False
    starts_at: Instant
    ends_at: Instant
    expires_at: Instant | None = None
    checked_in_at: Instant | None = None
    checked_out_at: Instant | None = None
    minutes: int = 0
    stated_for: Annotated[HoursReason, OPEN] | None = None
    hours_due: Instant | None = None
    reminded: int = 0
    # Few ever have any: the events of all others do not grow by it.
    short_minutes: int = Field(default=0, exclude_if=not_)
    why: Reason


class StaffingSnapshot(EventData):
    """The staffing of a need as a whole, after one decision; readers keep the highest version.

    `changed` holds the dispatches that the decision changed, each with its own version. `confirmed` counts the people
    who have promised, are serving or have served; `checked_in` counts all who have come, also if they have left again.
    """

    need_id: Id
    version: int
    state: Annotated[StaffingState, OPEN]
    area: AreaCode
    headcount: int
    confirmed: int
    offered: int
    checked_in: int = 0
    checked_out: int = 0
    changed: tuple[DispatchView, ...] = ()
    tried: tuple[Tried, ...] = ()
    waiting: tuple[Waiting, ...] = ()


@event
class VolunteersOffered(StaffingSnapshot):
    """A wave of offers went out; those who opted in to standing acceptance are confirmed already."""

    type: ClassVar[str] = "volunteering.staffing.offered"


@event
class VolunteersConfirmed(StaffingSnapshot):
    """The headcount is reached."""

    type: ClassVar[str] = "volunteering.staffing.confirmed"


@event
class StaffingChanged(StaffingSnapshot):
    """Dispatches have changed: by an answer, an expiry, a check-in, a check-out or the crediting of hours."""

    type: ClassVar[str] = "volunteering.staffing.changed"


@event
class VolunteersAwaited(StaffingSnapshot):
    """Nobody suitable is free: the need stands in the waiting list."""

    type: ClassVar[str] = "volunteering.staffing.awaited"


@event
class VolunteersReleased(StaffingSnapshot):
    """The need has ended: its open dispatches are cancelled, and their volunteers are free again."""

    type: ClassVar[str] = "volunteering.staffing.released"


class _DispatchAction(Command):
    to: ClassVar[str] = "volunteering"
    permission: ClassVar[Permission] = "dispatch:act"
    scope: ClassVar[Scope] = Scope(found=("dispatch_id",))
    dispatch_id: Id
    expected_version: int | None = None


@command
class AcceptOffer(_DispatchAction):
    """Accept an open offer, first come, first served; or take a decline back while a place is open.

    Answers the dispatch.
    """

    type: ClassVar[str] = "AcceptOffer"
    spoken_in: ClassVar[str] = "dispatch_id"


@command
class DeclineOffer(_DispatchAction):
    """Decline an offer, or withdraw from an accepted one before check-in. Answers the dispatch."""

    type: ClassVar[str] = "DeclineOffer"
    spoken_in: ClassVar[str] = "dispatch_id"


@command
class CheckIn(_DispatchAction):
    """Begin the service (签到), by the server's clock. Answers the dispatch."""

    type: ClassVar[str] = "CheckIn"
    spoken_in: ClassVar[str] = "dispatch_id"


@command
class CheckOut(_DispatchAction):
    """End the service (签退), by the server's clock. Answers the dispatch."""

    type: ClassVar[str] = "CheckOut"
    spoken_in: ClassVar[str] = "dispatch_id"


@command
class StateHours(_DispatchAction):
    """State the time of a service in the place of its volunteer: nobody does that for oneself. Answers the dispatch.

    `came_at` is the check-in where it is not given.
    """

    type: ClassVar[str] = "StateHours"
    permission: ClassVar[Permission] = "hours:state"
    reason_field: ClassVar[str] = "reason_code"
    came_at: Instant | None = None
    left_at: Instant
    reason_code: HoursReason


@command
class AdjustHours(_DispatchAction):
    """Adjust the minutes of a credited service: a reversal and a new transfer. Answers the dispatch.

    Nobody does that for oneself, or for somebody whom one has checked in or out. Minutes that are spent are not taken
    back: they stand as the shortfall, which the same command with the same minutes collects later.
    """

    type: ClassVar[str] = "AdjustHours"
    permission: ClassVar[Permission] = "hours:state"
    reason_field: ClassVar[str] = "reason_code"
    minutes: int = Field(ge=0, le=MOST_MINUTES)
    reason_code: HoursReason


class DispatchAnswer(Answer):
    """A dispatch as volunteering answers; `minutes` are those of the presence within the slot, capped by policy.

    `stated_for`, `hours_due`, `reminded` and `short_minutes` are as in the events.
    """

    id: Id
    version: int
    need_id: Id
    volunteer_id: Id
    state: Annotated[DispatchState, OPEN]
    ring: Annotated[Ring, OPEN]
    wave: int
    standing: bool
    starts_at: Instant
    ends_at: Instant
    expires_at: Instant | None
    checked_in_at: Instant | None
    checked_out_at: Instant | None
    minutes: int
    stated_for: Annotated[HoursReason, OPEN] | None = None
    hours_due: Instant | None = None
    reminded: int = 0
    short_minutes: int = 0
    why: Reason


class StaffingAnswer(Answer):
    """A staffing as volunteering answers: the people asked and why, the rings tried, the reasons for waiting.

    `confirmed` counts the people who have promised, are serving or have served; `offered` the open offers.
    """

    need_id: Id
    version: int
    state: Annotated[StaffingState, OPEN]
    headcount: int
    confirmed: int
    offered: int
    dispatches: tuple[DispatchAnswer, ...]
    tried: tuple[Tried, ...]
    waiting: tuple[Waiting, ...]


@query
class ReadDispatch(Query[DispatchAnswer | None]):
    """Read one volunteer's part in one need."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadDispatch"
    dispatch_id: Id


@query
class ReadStaffing(Query[StaffingAnswer | None]):
    """Read a need's dispatches, the rings tried and the reasons for waiting."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadStaffing"
    need_id: Id


class StandingTerms(Answer):
    """The bounds within which standing acceptance confirms a volunteer unasked; beyond them the volunteer is asked.

    Hours a day and week count everything promised. `begins` and `ends` are times of day, `HH:MM` of the city, between
    which the slot lies. Minors are never confirmed unasked, and asked only between `minors_begin` and `minors_end`.
    `always_asked` are the themes and groups for whose needs everybody is asked. Within `grace_minutes` a booking made
    unasked may be given back without effect on reliability. The way between two services is reckoned at
    `travel_kilometres_an_hour`, beyond the first `travel_free_metres`.
    """

    day_hours: int
    week_hours: int
    begins: str
    ends: str
    minors_begin: str
    minors_end: str
    always_asked: tuple[str, ...]
    grace_minutes: int
    travel_kilometres_an_hour: int
    travel_free_metres: int


@query
class ReadStandingTerms(Query[StandingTerms]):
    """Read the bounds of standing acceptance in this city."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadStandingTerms"
