"""The audited queries about social workers (社工): their personal data, and the search for one."""

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.finding import PeopleFound
from shared.contracts.messages import OPEN, Answer, AuditedQuery, AuditedSearch, Id, Message, PersonName, Phone, query
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.workers import READ, CertificateNumber, LicenceLevel, WorkerState


class WorkerParticulars(Answer):
    """The personal data of a social worker as it is kept and read."""

    name: str
    phone: str
    certificate_number: str | None = None


class WorkerDetailsAnswer(WorkerParticulars):
    """A social worker with personal data. Each answer leaves an audit row."""

    id: Id
    version: int
    area: str
    station_id: Id
    state: Annotated[WorkerState, OPEN]
    level: Annotated[LicenceLevel, OPEN]
    registered_until: date | None = None


@query
class ReadWorker(AuditedQuery[WorkerDetailsAnswer | None]):
    """Read the personal data of a social worker; the reader needs the permission `personal:read` as well."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadWorker"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "worker"
    about: ClassVar[str] = "worker_id"
    worker_id: Id


class WorkersFound(PeopleFound):
    """The social workers who fit a look-up."""


class WorkerLookUp(Message):
    """One way to find a social worker: by name, by telephone, or by the number of the certificate."""

    name: PersonName | None = None
    phone: Phone | None = None
    certificate_number: CertificateNumber | None = Field(default=None, description="The number of the certificate.")

    @model_validator(mode="after")
    def _goes_one_way(self) -> Self:
        if sum(getattr(self, way) is not None for way in WorkerLookUp.model_fields) != 1:
            raise broken_rule("one_way_to_find_worker")
        return self


@query
class LookUpWorkers(WorkerLookUp, AuditedSearch[WorkersFound]):
    """Find the social workers of the actor's area with that name, telephone or certificate."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "LookUpWorkers"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "worker_look_up"
