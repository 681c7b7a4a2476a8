"""Answers of residents: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Place, RelationKind, RelationTie

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ContactItem(TypedDict):
    """Somebody to call for a resident. Name and telephones are null and empty where they are not for this key."""

    id: str
    kind: RelationKind | str
    tie: RelationTie | str
    related_id: str | None
    name: str | None
    phones: list[str]


class ContactsAnswer(TypedDict):
    """The carers, emergency contacts and guardians of a resident, guardians first. Each answer is on record."""

    resident_id: str
    area: str
    items: list[ContactItem]


class Resident(TypedDict):
    """A resident in the care of a station, without anything about the person. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    state: ResidentState | str
    reason: NotRequired[EndOfCare | str | None]
    registered_at: str
    ended_at: NotRequired[str | None]
    household_id: NotRequired[str | None]
    merged_into: NotRequired[str | None]
    external_id: NotRequired[str | None]


class ResidentPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Resident]
    next: str | None


class ResidentParticularsAnswer(TypedDict):
    """The personal data of a resident; null where it is not known. Each answer is on record."""

    id: str
    version: int
    area: str
    station_id: str
    state: ResidentState | str
    name: str
    phones: list[str]
    identity_number: str | None
    birth_date: str | None
    birth_year: int | None
    address: str | None
    location: Place | None
    language: str | None
    groups: list[str]
    capacity: CivilCapacity | str
    merged_ids: list[str]


class ResidentShape(TypedDict):
    """A resident in the care of a station, without anything about the person. `area` is that of the station."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    station_id: str
    state: ResidentState | str
    reason: NotRequired[EndOfCare | str | None]
    registered_at: str
    ended_at: NotRequired[str | None]
    household_id: NotRequired[str | None]
    merged_into: NotRequired[str | None]


CivilCapacity = Literal["full", "limited", "none"] | str


EndOfCare = Literal["moved_away", "died", "declined_care", "registered_by_mistake"] | str


ResidentState = Literal["active", "ended", "merged", "erased"] | str
