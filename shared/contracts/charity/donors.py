"""Donors (捐赠人): personal data that stays with charity."""

from typing import ClassVar

from pydantic import model_validator

from shared.contracts.access.actor import Reach
from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.finding import FIND, DuplicatesFound, FindDuplicates, LookUp, PeopleFound
from shared.contracts.identity_numbers import check_birth_year, known_birth_year
from shared.contracts.messages import (
    Answer,
    AuditedQuery,
    AuditedSearch,
    BirthYear,
    Command,
    EventData,
    ExternalId,
    Id,
    IdentityNumber,
    Instant,
    Message,
    PersonName,
    Phone,
    Scope,
    command,
    event,
    query,
)


@event
class DonorRegistered(EventData):
    """A donor was registered. Name and phone stay with charity.

    `area` is that of the office that keeps the donor, not of a home; empty for the platform itself.
    """

    type: ClassVar[str] = "charity.donor.registered"
    donor_id: Id
    area: Reach


class DonorDetails(Message):
    """The personal data of a donor: stays with charity, encrypted. A body that donates has neither number nor year."""

    name: PersonName
    phone: Phone | None = None
    identity_number: IdentityNumber | None = None
    birth_year: BirthYear | None = None

    @model_validator(mode="after")
    def _years_agree(self) -> "DonorDetails":
        check_birth_year(self.birth_year, self.identity_number)
        return self

    @property
    def known_birth_year(self) -> int | None:
        """The year of birth given, else that of the identity number."""
        return known_birth_year(self.birth_year, self.identity_number)


@command
class RegisterDonor(Command):
    """Register a donor. Without an area it is the actor's own: only actors who reach it find the donor.

    Answers DonorAnswer.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "RegisterDonor"
    permission: ClassVar[Permission] = "donors:register"
    scope: ClassVar[Scope] = Scope(named=("area",))
    name: PersonName
    phone: Phone | None = None
    area: AreaCode | None = None
    external_id: ExternalId | None = None
    identity_number: IdentityNumber | None = None
    birth_year: BirthYear | None = None

    @model_validator(mode="after")
    def _years_agree(self) -> "RegisterDonor":
        check_birth_year(self.birth_year, self.identity_number)
        return self

    @property
    def details(self) -> DonorDetails:
        """The part of it that is personal data."""
        return DonorDetails.model_construct(**{name: getattr(self, name) for name in DonorDetails.model_fields})


class DonorAnswer(Answer):
    """A donor as charity answers, without personal data."""

    id: Id
    version: int
    area: Reach


class DonorDetailsAnswer(DonorAnswer):
    """A donor with name and phone. Personal data: each answer leaves an audit row. `merged_ids` stand for this one."""

    name: str
    phone: str | None
    registered_at: Instant
    identity_number: str | None = None
    birth_year: int | None = None
    merged_ids: tuple[Id, ...] = ()


@query
class ReadDonor(AuditedQuery[DonorDetailsAnswer | None]):
    """Read name and phone of a donor."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadDonor"
    recorded_as: ClassVar[str] = "donor"
    about: ClassVar[str] = "donor_id"
    donor_id: Id


class DonorsFound(PeopleFound):
    """The donors who fit a look-up."""


@query
class LookUpDonors(LookUp, AuditedSearch[DonorsFound]):
    """Find the donors with that telephone, identity number, or name and year of birth."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "LookUpDonors"
    permission: ClassVar[Permission] = FIND
    recorded_as: ClassVar[str] = "donor_look_up"


class DuplicateDonors(DuplicatesFound):
    """The donors who are likely the person."""


@query
class FindDuplicateDonors(FindDuplicates, AuditedSearch[DuplicateDonors | None]):
    """Find the donors who are likely the person; None for an unknown donor, or one outside the actor's area."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "FindDuplicateDonors"
    permission: ClassVar[Permission] = FIND
    recorded_as: ClassVar[str] = "donor_duplicates"
