"""Donors (捐赠人): personal data that stays with charity."""

from typing import ClassVar

from shared.contracts.access.actor import Reach
from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import (
    Answer,
    AuditedQuery,
    Command,
    EventData,
    ExternalId,
    Id,
    Instant,
    Message,
    Name,
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
    """Name and phone of a donor. Personal data: stays with charity, encrypted."""

    name: Name
    phone: Phone | None = None


@command
class RegisterDonor(Command):
    """Register a donor. Without an area it is the actor's own: only actors who reach it find the donor.

    Answers DonorAnswer.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "RegisterDonor"
    permission: ClassVar[Permission] = "donors:register"
    scope: ClassVar[Scope] = Scope(named=("area",))
    name: Name
    phone: Phone | None = None
    area: AreaCode | None = None
    external_id: ExternalId | None = None


class DonorAnswer(Answer):
    """A donor as charity answers: nothing about the person."""

    id: Id
    version: int
    area: Reach


class DonorDetailsAnswer(DonorAnswer):
    """A donor with name and phone. Personal data: each answer leaves an audit row."""

    name: str
    phone: str | None
    registered_at: Instant


@query
class ReadDonor(AuditedQuery[DonorDetailsAnswer | None]):
    """Read name and phone of a donor."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadDonor"
    recorded_as: ClassVar[str] = "donor"
    about: ClassVar[str] = "donor_id"
    donor_id: Id
