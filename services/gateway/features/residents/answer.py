"""The answers with the personal data of a resident, and of the people to call for one."""

from typing import Annotated

from pydantic import Field

from services.gateway.http.answers import Answer, Versioned
from shared.contracts.messages import OPEN
from shared.contracts.need_parts import Place
from shared.contracts.stations.relations import RelationKind, Tie
from shared.contracts.stations.residents import Capacity, ResidentState


class ResidentParticularsAnswer(Versioned):
    """The personal data of a resident; null where it is not known. Each answer is on record."""

    area: str
    station_id: str
    state: Annotated[ResidentState, OPEN]
    name: str
    phones: list[str]
    identity_number: str | None
    birth_date: str | None = Field(description="The day of birth as it was given; ISO 8601.")
    birth_year: int | None
    address: str | None = Field(description="The home in words.")
    location: Place | None
    language: str | None
    groups: list[str] = Field(description="The beneficiary groups of the resident, codes of the catalogue.")
    capacity: Annotated[Capacity, OPEN] = Field(description="Civil capacity: without full one a guardian decides.")
    merged_ids: list[str] = Field(description="Other ids of the same resident, merged into this one.")


class ContactItem(Answer):
    """Somebody to call for a resident. Name and telephones are null and empty where they are not for this key."""

    id: str = Field(description="The id of the relation.")
    kind: Annotated[RelationKind, OPEN] = Field(description="The part that the other person takes.")
    tie: Annotated[Tie, OPEN] = Field(description="The tie of the other person to the resident.")
    related_id: str | None = Field(description="The other person, where it is a registered resident.")
    name: str | None
    phones: list[str]


class ContactsAnswer(Answer):
    """The carers, emergency contacts and guardians of a resident, guardians first. Each answer is on record."""

    resident_id: str
    area: str
    items: list[ContactItem]
