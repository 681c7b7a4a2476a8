"""Volunteers (志愿者): personal data that stays with volunteering."""

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    Answer,
    AuditedQuery,
    Code,
    Command,
    EventData,
    ExternalId,
    Id,
    Instant,
    Label,
    Message,
    Name,
    Phone,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.need_parts import Place
from shared.contracts.refusals import broken_rule


@event
class VolunteerRegistered(EventData):
    """A volunteer is registered; the personal data stays with volunteering."""

    type: ClassVar[str] = "volunteering.volunteer.registered"
    volunteer_id: Id
    version: int
    area: AreaCode
    skills: tuple[Code, ...] = ()
    languages: tuple[Code, ...] = ()
    standing_acceptance: bool = False


class Window(Message):
    """A weekly window, local time of the city: ISO 8601 weekdays 1 (Monday) to 7, `HH:MM` to `HH:MM`."""

    days: tuple[Annotated[int, Field(strict=True, ge=1, le=7)], ...] = Field(min_length=1, max_length=7)
    start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    end: Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")]

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Window":
        if self.end <= self.start:
            raise broken_rule("end_not_after_start", field="end", start="start")
        return self


@command
class RegisterVolunteer(Command):
    """Register a volunteer. Name and phone stay with volunteering, encrypted. Answers the volunteer.

    No window in `availability` means any time.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "RegisterVolunteer"
    permission: ClassVar[Permission] = "volunteers:register"
    scope: ClassVar[Scope] = Scope(named=("area",))
    name: Name
    phone: Phone
    area: AreaCode
    location: Place
    birth_year: int | None = Field(default=None, strict=True, ge=1900, le=2100)
    skills: tuple[Label, ...] = Field(default=(), max_length=30)
    languages: tuple[Label, ...] = Field(default=(), max_length=30)
    availability: tuple[Window, ...] = Field(default=(), max_length=21)
    standing_acceptance: bool = False
    external_id: ExternalId | None = None


class VolunteerAnswer(Answer):
    """A volunteer as volunteering answers, without personal data."""

    id: Id
    version: int
    area: AreaCode
    skills: tuple[Code, ...] = ()
    languages: tuple[Code, ...] = ()
    standing_acceptance: bool = False


class VolunteerPersonAnswer(Answer):
    """A volunteer with personal data, as the audited query answers; never part of an event.

    `kept` counts the dispatches served, `missed` the no-shows and late withdrawals.
    """

    id: Id
    version: int
    name: str
    phone: str
    location: Place
    area: AreaCode
    birth_year: int | None
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    availability: tuple[Window, ...]
    standing_acceptance: bool
    kept: int
    missed: int
    registered_at: Instant


@query
class ReadVolunteer(AuditedQuery[VolunteerPersonAnswer | None]):
    """Read a volunteer's name, contact and record of service."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadVolunteer"
    recorded_as: ClassVar[str] = "volunteer"
    about: ClassVar[str] = "volunteer_id"
    volunteer_id: Id
