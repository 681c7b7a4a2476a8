"""What the volunteering service says and can be asked: volunteers, staffing of needs, dispatches, hours."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.areas import AreaCode
from shared.contracts.messages import Command, EventData, Id, Instant, Label, Message, command, event
from shared.contracts.need_parts import Place, Tried, Waiting

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Phone = Annotated[str, StringConstraints(min_length=3, max_length=32, pattern=r"^[0-9+() -]+$")]
DispatchState = Literal[
    "offered", "accepted", "declined", "expired", "checked_in", "checked_out", "credited", "cancelled",
]  # fmt: skip
StaffingState = Literal["searching", "offered", "waiting", "staffed", "serving", "served", "credited", "released"]

# ---- events -------------------------------------------------------------------------------------------------


@event
class VolunteerRegistered(EventData):
    """A volunteer is known; who it is stays with volunteering."""

    type: ClassVar[str] = "volunteering.volunteer.registered"
    volunteer_id: Id
    version: int
    area: AreaCode
    skills: tuple[Label, ...] = ()
    languages: tuple[Label, ...] = ()
    standing_acceptance: bool = False


class DispatchView(Message):
    """One volunteer's part in one need (派单), as it stands now; first an offer (邀约), then a booking."""

    dispatch_id: Id
    version: int
    volunteer_id: Id
    state: DispatchState
    ring: Literal["community", "street", "district", "city"]
    wave: int
    standing: bool = False
    starts_at: Instant
    ends_at: Instant
    expires_at: Instant | None = None
    checked_in_at: Instant | None = None
    checked_out_at: Instant | None = None
    minutes: int = 0
    why: str


class StaffingSnapshot(EventData):
    """How far the staffing of a need has come, whole; readers keep the highest version.

    `changed` holds the dispatches that this step changed, each with its own version.
    """

    need_id: Id
    version: int
    state: StaffingState
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
    """An answer, an expiry, a check-in or a check-out."""

    type: ClassVar[str] = "volunteering.staffing.changed"


@event
class VolunteersAwaited(StaffingSnapshot):
    """Nobody suitable is free: the need stands in the waiting list."""

    type: ClassVar[str] = "volunteering.staffing.awaited"


@event
class VolunteersReleased(StaffingSnapshot):
    """The need ended without them; they have been told and are free again."""

    type: ClassVar[str] = "volunteering.staffing.released"


@event
class HoursCredited(EventData):
    """Minutes minted into a volunteer's time-bank account from one confirmed service."""

    type: ClassVar[str] = "volunteering.hours.credited"
    need_id: Id
    dispatch_id: Id
    volunteer_id: Id
    area: AreaCode
    minutes: int
    transfer_id: str
    balance_minutes: int
    account_version: int


# ---- commands -----------------------------------------------------------------------------------------------


class Window(Message):
    """A weekly window, local time of the city: ISO weekdays 1 (Monday) to 7, `HH:MM` to `HH:MM`."""

    days: tuple[Annotated[int, Field(strict=True, ge=1, le=7)], ...] = Field(min_length=1, max_length=7)
    start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Window":
        if self.end <= self.start:
            raise ValueError("end must be later than start")
        return self


@command
class RegisterVolunteer(Command):
    """Name and phone stay here, encrypted. No window in `availability` means any time. Answers {id, version, …}."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "RegisterVolunteer"
    name: Name
    phone: Phone
    area: AreaCode
    location: Place
    birth_year: int | None = Field(default=None, strict=True, ge=1900, le=2100)
    skills: tuple[Label, ...] = Field(default=(), max_length=30)
    languages: tuple[Label, ...] = Field(default=(), max_length=30)
    availability: tuple[Window, ...] = Field(default=(), max_length=21)
    standing_acceptance: bool = False


class _DispatchAction(Command):
    to: ClassVar[str] = "volunteering"
    dispatch_id: Id
    expected_version: int | None = None


@command
class AcceptOffer(_DispatchAction):
    type: ClassVar[str] = "AcceptOffer"


@command
class DeclineOffer(_DispatchAction):
    """Declines an offer, or withdraws from an accepted one before it begins."""

    type: ClassVar[str] = "DeclineOffer"


@command
class CheckIn(_DispatchAction):
    type: ClassVar[str] = "CheckIn"


@command
class CheckOut(_DispatchAction):
    type: ClassVar[str] = "CheckOut"
