"""Bodies of residents: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import GivenBy, Obtained, Place
from ..answers.residents import CivilCapacity, EndOfCare
from .common import GuardianDetails, PersonDetails

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ChangeResidentBody(TypedDict):
    """Correct the personal data of a resident; a field that is null stays. Answers ResidentShape."""

    name: NotRequired[str | None]
    phones: NotRequired[list[str] | None]
    identity_number: NotRequired[str | None]
    birth_date: NotRequired[str | None]
    birth_year: NotRequired[int | None]
    address: NotRequired[str | None]
    location: NotRequired[Place | None]
    language: NotRequired[str | None]
    groups: NotRequired[list[str] | None]
    capacity: NotRequired[CivilCapacity | None]
    removed: NotRequired[list[ResidentField]]
    consent: NotRequired[RecordConsent | None]
    despite: NotRequired[list[str]]


class DuplicateResidentsIn(TypedDict):
    """The resident whose duplicates are wanted, registered or described, and the reason."""

    resident_id: NotRequired[str | None]
    details: NotRequired[PersonDetails | None]
    why: str


class EndResidentBody(TypedDict):
    """End the care for a resident. Answers ResidentShape."""

    reason: EndOfCare


class RecordConsent(TypedDict):
    """The consent of a resident, given just now, to the record that a station keeps."""

    words_version: str
    obtained: Obtained
    given_by: NotRequired[GivenBy]
    guardian: NotRequired[GuardianDetails | None]
    expires_at: NotRequired[str | None]


class RegisterResident(TypedDict):
    """Register a resident in the care of a station, after a search for the same person. Answers ResidentShape."""

    external_id: NotRequired[str | None]
    name: str
    phones: NotRequired[list[str]]
    identity_number: NotRequired[str | None]
    birth_date: NotRequired[str | None]
    birth_year: NotRequired[int | None]
    address: NotRequired[str | None]
    location: NotRequired[Place | None]
    language: NotRequired[str | None]
    groups: NotRequired[list[str]]
    capacity: NotRequired[CivilCapacity]
    station_id: str
    consent: NotRequired[RecordConsent | None]
    despite: NotRequired[list[str]]


class ReopenResidentBody(TypedDict):
    """Care for a resident again, after a search for the same person as before a registration. Answers ResidentShape."""

    despite: NotRequired[list[str]]


class TransferResidentBody(TypedDict):
    """Hand the care for a resident over to another station. Answers ResidentShape."""

    station_id: str


ResidentField = Literal["identity_number", "birth_date", "birth_year", "address", "location", "language"]
