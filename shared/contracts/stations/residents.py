"""Residents (居民) in the care of a station: personal data that stays with stations, and the record's public state."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.consents import RecordConsent
from shared.contracts.identity_numbers import check_birth_date, known_birth_date
from shared.contracts.messages import (
    OPEN,
    Answer,
    BirthYear,
    EventData,
    Id,
    IdentityNumber,
    Instant,
    Label,
    Message,
    PersonName,
    Phone,
    Scope,
    Title,
    command,
    event,
)
from shared.contracts.need_parts import Place
from shared.contracts.plain import Action, Creation, Shape
from shared.contracts.refusals import broken_rule

ResidentState = Literal["active", "ended", "merged", "erased"]
EndOfCare = Literal["moved_away", "died", "declined_care", "registered_by_mistake"]
"""迁出, 去世, 不再接受服务, 误登记: why a station no longer cares for a resident."""
Capacity = Literal["full", "limited", "none"]
"""民事行为能力: full, limited, none (Civil Code (民法典), art. 17 to 24). Without full capacity a guardian decides."""
ResidentField = Literal["identity_number", "birth_date", "birth_year", "address", "location", "language"]
"""The particulars that a change may remove."""
Address = Annotated[Title, StringConstraints(max_length=200)]
MOST_REMOVED: Final = 6
MOST_PHONES: Final = 3
MOST_GROUPS: Final = 20
MOST_DESPITE: Final = 20
"""Likely the same residents whom a registration may name as other people."""
READ: Final[Permission] = "residents:read"
MANAGE: Final[Permission] = "residents:manage"


class ResidentShape(Shape):
    """A resident in the care of a station, without anything about the person. `area` is that of the station.

    `merged_into` is the id that stands for this one, since both are one person's.
    """

    station_id: Id
    state: Annotated[ResidentState, OPEN]
    reason: Annotated[EndOfCare, OPEN] | None = Field(default=None, description="Why the care has ended.")
    registered_at: Instant
    ended_at: Instant | None = Field(default=None, description="When the care ended; null while it goes on.")
    household_id: Id | None = Field(default=None, description="The household in which the resident lives.")
    merged_into: Id | None = Field(default=None, description="The id that stands for this one.")


@event
class ResidentRegistered(ResidentShape, EventData):
    """A station has registered a resident; the personal data stays with stations."""

    type: ClassVar[str] = "stations.resident.registered"


@event
class ResidentChanged(ResidentShape, EventData):
    """The personal data of a resident was corrected; it stays with stations."""

    type: ClassVar[str] = "stations.resident.changed"


@event
class ResidentTransferred(ResidentShape, EventData):
    """Another station cares for a resident from now on."""

    type: ClassVar[str] = "stations.resident.transferred"


@event
class ResidentEnded(ResidentShape, EventData):
    """The care for a resident has ended."""

    type: ClassVar[str] = "stations.resident.ended"


@event
class ResidentReopened(ResidentShape, EventData):
    """A station cares for a resident again."""

    type: ClassVar[str] = "stations.resident.reopened"


@event
class ResidentIdentified(ResidentShape, EventData):
    """The id of a resident stands for another one's, or for itself again, or has other ids standing for it."""

    type: ClassVar[str] = "stations.resident.identified"


@event
class ResidentErased(ResidentShape, EventData):
    """The personal data of a resident is being erased; the id leads to nobody."""

    type: ClassVar[str] = "stations.resident.erased"


class ResidentDetails(Message):
    """The personal data of a resident: stays with stations, encrypted."""

    name: PersonName
    phones: tuple[Phone, ...] = Field(default=(), max_length=MOST_PHONES)
    identity_number: IdentityNumber | None = None
    birth_date: date | None = Field(default=None, description="Without it, it is that of the identity number.")
    birth_year: BirthYear | None = Field(default=None, description="Where the day of birth is not known.")
    address: Address | None = Field(default=None, description="The home in words. Personal data.")
    location: Place | None = None
    language: Label | None = Field(default=None, description="The language that the resident speaks best.")
    groups: tuple[Label, ...] = Field(
        default=(), max_length=MOST_GROUPS, description="The beneficiary groups of the resident. Personal data."
    )
    capacity: Capacity = Field(default="full", description="Civil capacity: without full one a guardian decides.")

    @model_validator(mode="after")
    def _births_agree(self) -> "ResidentDetails":
        check_birth_date(self.birth_date, self.birth_year, self.identity_number)
        return self

    @property
    def known_birth_date(self) -> date | None:
        """The day of birth given, else that of the identity number."""
        return known_birth_date(self.birth_date, self.identity_number)

    @property
    def known_birth_year(self) -> int | None:
        """The year of the known day of birth, else the year given."""
        known = self.known_birth_date
        return self.birth_year if known is None else known.year


@command
class RegisterResident(ResidentDetails, Creation):
    """Register a resident in the care of a station, after a search for the same person. Answers ResidentShape.

    Where somebody within the actor's area is likely the same person, it is refused and names them: register again with
    these ids in `despite`, once it is certain that they are other people.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RegisterResident"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("station_id",))
    station_id: Id
    consent: RecordConsent | None = Field(default=None, description="Consent to the record, given just now.")
    despite: tuple[Id, ...] = Field(
        default=(), max_length=MOST_DESPITE, description="Residents who look alike and are other people."
    )


@command
class ChangeResident(Action):
    """Correct the personal data of a resident; a field that is null stays. Answers ResidentShape.

    It is refused as a registration is where it makes the resident likely the same as somebody else.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ChangeResident"
    permission: ClassVar[Permission] = MANAGE
    name: PersonName | None = None
    phones: tuple[Phone, ...] | None = Field(default=None, max_length=MOST_PHONES)
    identity_number: IdentityNumber | None = None
    birth_date: date | None = None
    birth_year: BirthYear | None = None
    address: Address | None = Field(default=None, description="The home in words. Personal data.")
    location: Place | None = None
    language: Label | None = Field(default=None, description="The language that the resident speaks best.")
    groups: tuple[Label, ...] | None = Field(
        default=None, max_length=MOST_GROUPS, description="The beneficiary groups of the resident. Personal data."
    )
    capacity: Capacity | None = Field(default=None, description="Civil capacity: without full one a guardian decides.")
    removed: tuple[ResidentField, ...] = Field(
        default=(), max_length=MOST_REMOVED, description="Particulars that go from the record."
    )
    consent: RecordConsent | None = Field(default=None, description="Consent to an identity number, given just now.")
    despite: tuple[Id, ...] = Field(
        default=(), max_length=MOST_DESPITE, description="Residents who look alike and are other people."
    )

    @model_validator(mode="after")
    def _changes_something(self) -> "ChangeResident":
        if not self.removed and all(getattr(self, name) is None for name in ResidentDetails.model_fields):
            raise broken_rule("nothing_to_change")
        if twice := [name for name in self.removed if getattr(self, name) is not None]:
            raise broken_rule("removed_and_given", field=twice[0])
        return self


@command
class TransferResident(Action):
    """Hand the care for a resident over to another station. Answers ResidentShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "TransferResident"
    permission: ClassVar[Permission] = MANAGE
    scope: ClassVar[Scope] = Scope(found=("id", "station_id"))
    station_id: Id = Field(description="The station that cares for the resident from now on.")


@command
class EndResident(Action):
    """End the care for a resident. Answers ResidentShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "EndResident"
    permission: ClassVar[Permission] = MANAGE
    reason_field: ClassVar[str] = "reason"
    reason: EndOfCare


@command
class ReopenResident(Action):
    """Care for a resident again, after a search for the same person as before a registration. Answers ResidentShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReopenResident"
    permission: ClassVar[Permission] = MANAGE
    despite: tuple[Id, ...] = Field(
        default=(), max_length=MOST_DESPITE, description="Residents who look alike and are other people."
    )


class ResidentParticulars(Answer):
    """The personal data of a resident as it is kept and read, in codes of the catalogue."""

    name: str
    phones: tuple[str, ...] = ()
    identity_number: str | None = None
    birth_date: date | None = None
    birth_year: int | None = None
    address: str | None = None
    location: Place | None = None
    language: str | None = None
    groups: tuple[str, ...] = ()
    capacity: Annotated[Capacity, OPEN] = "full"

    @property
    def known_birth_date(self) -> date | None:
        """The day of birth given, else that of the identity number."""
        return known_birth_date(self.birth_date, self.identity_number)

    @property
    def known_birth_year(self) -> int | None:
        """The year of the known day of birth, else the year given."""
        known = self.known_birth_date
        return self.birth_year if known is None else known.year
