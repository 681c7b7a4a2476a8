"""The answer with the personal data of a social worker."""

from typing import Annotated

from pydantic import Field

from services.gateway.http.answers import Versioned
from shared.contracts.messages import OPEN
from shared.contracts.stations.workers import LicenceLevel, WorkerState


class WorkerParticularsAnswer(Versioned):
    """The personal data of a social worker; null where it is not known. Each answer is on record."""

    area: str
    station_id: str
    state: Annotated[WorkerState, OPEN]
    name: str
    phone: str
    level: Annotated[LicenceLevel, OPEN]
    certificate_number: str | None = Field(description="The number of the certificate.")
    registered_until: str | None = Field(description="The last day of the licence's registration.")
