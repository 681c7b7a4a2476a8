"""Volunteers (志愿者): personal data that stays with volunteering."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.consents import MatchingConsent
from shared.contracts.email_addresses import Email, EmailChange
from shared.contracts.finding import FIND, DuplicatesFound, FindDuplicates, LookUp, PeopleFound
from shared.contracts.identity_numbers import check_birth_year, known_birth_year
from shared.contracts.messages import (
    OPEN,
    Answer,
    AuditedQuery,
    AuditedSearch,
    BirthYear,
    Code,
    Command,
    EventData,
    ExternalId,
    Id,
    IdentityNumber,
    Instant,
    Label,
    Message,
    PersonName,
    Phone,
    Scope,
    command,
    event,
    query,
)
from shared.contracts.need_parts import Place
from shared.contracts.refusals import broken_rule
from shared.contracts.volunteering.checks import SecondRegistration

VolunteerState = Literal["active", "paused", "left", "pending", "rejected"]
"""A `pending` registration is checked by an officer, a `rejected` one is nobody's: neither is offered anything."""


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
    state: Annotated[VolunteerState, OPEN] = "active"


@event
class VolunteerChanged(EventData):
    """A volunteer has changed contact or terms, pauses, has left, or is back.

    `paused_until` is the end of a pause that has one. Hours and dispatches stay under the id.
    """

    type: ClassVar[str] = "volunteering.volunteer.changed"
    volunteer_id: Id
    version: int
    area: AreaCode
    skills: tuple[Code, ...] = ()
    languages: tuple[Code, ...] = ()
    standing_acceptance: bool = False
    state: Annotated[VolunteerState, OPEN]
    paused_until: Instant | None = None
    registered_at: Instant


@event
class VolunteerErased(EventData):
    """The personal data of a volunteer is being erased: skills and languages are gone, and nobody finds them any more.

    Hours and dispatches stay under the id.
    """

    type: ClassVar[str] = "volunteering.volunteer.erased"
    volunteer_id: Id
    version: int
    area: AreaCode
    registered_at: Instant


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
    """Register a volunteer. The personal data stays with volunteering, encrypted. Answers the volunteer.

    No window in `availability` means any time. Without a birth year it is that of the identity number.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "RegisterVolunteer"
    permission: ClassVar[Permission] = "volunteers:register"
    scope: ClassVar[Scope] = Scope(named=("area",))
    name: PersonName
    phone: Phone
    area: AreaCode
    location: Place
    birth_year: BirthYear | None = None
    identity_number: IdentityNumber | None = None
    skills: tuple[Label, ...] = Field(default=(), max_length=30)
    languages: tuple[Label, ...] = Field(default=(), max_length=30)
    availability: tuple[Window, ...] = Field(default=(), max_length=21)
    standing_acceptance: bool = False
    consent: MatchingConsent | None = Field(default=None, description="Consent to be searched for needs.")
    external_id: ExternalId | None = None
    email: Email | None = Field(default=None, description="E-mail address (电子邮箱). Personal data.")

    @model_validator(mode="after")
    def _years_agree(self) -> "RegisterVolunteer":
        check_birth_year(self.birth_year, self.identity_number)
        return self

    @property
    def known_birth_year(self) -> int | None:
        """The year of birth given, else that of the identity number."""
        return known_birth_year(self.birth_year, self.identity_number)


class VolunteerChange(Message):
    """The fields of a volunteer that are to change; those that are null stay. No window means any time."""

    phone: Phone | None = None
    area: AreaCode | None = None
    location: Place | None = None
    skills: tuple[Label, ...] | None = Field(default=None, max_length=30)
    languages: tuple[Label, ...] | None = Field(default=None, max_length=30)
    availability: tuple[Window, ...] | None = Field(default=None, max_length=21)
    standing_acceptance: bool | None = None
    email: EmailChange | None = Field(
        default=None, description="The new e-mail address; the empty text removes the one on record. Personal data."
    )

    @model_validator(mode="after")
    def _changes_something(self) -> "VolunteerChange":
        if all(getattr(self, name) is None for name in VolunteerChange.model_fields):
            raise broken_rule("nothing_to_change")
        return self


class _VolunteerAction(Command):
    to: ClassVar[str] = "volunteering"
    permission: ClassVar[Permission] = "volunteers:register"
    scope: ClassVar[Scope] = Scope(found=("volunteer_id",))
    volunteer_id: Id
    expected_version: int | None = None


@command
class ChangeVolunteer(VolunteerChange, _VolunteerAction):
    """Change the contact of a volunteer, or the terms on which one serves. Answers the volunteer.

    Promises that no longer fit are given to others. Where standing acceptance is revoked, a booking that it confirmed
    unasked becomes an offer.
    """

    type: ClassVar[str] = "ChangeVolunteer"
    scope: ClassVar[Scope] = Scope(named=("area",), found=("volunteer_id",))


@command
class PauseVolunteer(_VolunteerAction):
    """Ask the volunteer nothing until an instant, or until they resume. Answers the volunteer.

    Offers and promises for that time are given to others; a service under way goes on.
    """

    type: ClassVar[str] = "PauseVolunteer"
    until: Instant | None = Field(default=None, description="The end of the pause; null: until it is ended.")


@command
class ResumeVolunteer(_VolunteerAction):
    """Let a volunteer who paused or left be asked again. Answers the volunteer."""

    type: ClassVar[str] = "ResumeVolunteer"


@command
class EndVolunteering(_VolunteerAction):
    """Have the volunteer leave: nothing is asked any more, and every promise is given to others. Answers the volunteer.

    The record of service and the hours stay, also those of services that are still to be confirmed. The personal data
    stays until its erasure is asked for.
    """

    type: ClassVar[str] = "EndVolunteering"


class VolunteerAnswer(Answer):
    """A volunteer as volunteering answers, without personal data."""

    id: Id
    version: int
    area: AreaCode
    skills: tuple[Code, ...] = ()
    languages: tuple[Code, ...] = ()
    standing_acceptance: bool = False
    state: Annotated[VolunteerState, OPEN] = "active"
    paused_until: Instant | None = None


class VolunteerPersonAnswer(Answer):
    """A volunteer with personal data, as the audited query answers; never part of an event.

    `kept` counts the dispatches served, `missed` the no-shows and late withdrawals. `merged_ids` stand for this one.
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
    identity_number: str | None = None
    merged_ids: tuple[Id, ...] = ()
    second_registrations: tuple[SecondRegistration, ...] = ()
    email: str | None = None


@query
class ReadVolunteer(AuditedQuery[VolunteerPersonAnswer | None]):
    """Read a volunteer's name, contact and record of service."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ReadVolunteer"
    recorded_as: ClassVar[str] = "volunteer"
    about: ClassVar[str] = "volunteer_id"
    volunteer_id: Id


class VolunteersFound(PeopleFound):
    """The volunteers who fit a look-up."""


@query
class LookUpVolunteers(LookUp, AuditedSearch[VolunteersFound]):
    """Find the volunteers with that telephone, identity number, or name and year of birth."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "LookUpVolunteers"
    permission: ClassVar[Permission] = FIND
    recorded_as: ClassVar[str] = "volunteer_look_up"


class DuplicateVolunteers(DuplicatesFound):
    """The volunteers who are likely the person."""


@query
class FindDuplicateVolunteers(FindDuplicates, AuditedSearch[DuplicateVolunteers | None]):
    """Find the volunteers who are likely the person; None for an unknown volunteer, or one outside the actor's area."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "FindDuplicateVolunteers"
    permission: ClassVar[Permission] = FIND
    recorded_as: ClassVar[str] = "volunteer_duplicates"
