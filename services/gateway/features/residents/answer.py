"""The answer with the personal data of a resident."""

from typing import Annotated

from pydantic import Field

from services.gateway.http.answers import Versioned
from shared.contracts.messages import OPEN
from shared.contracts.need_parts import Place
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
