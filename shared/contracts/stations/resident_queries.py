"""The audited queries about residents (居民): their personal data, and the search for the same person."""

from typing import Annotated, ClassVar

from shared.contracts.access.permissions import Permission
from shared.contracts.finding import DuplicatesFound, FindDuplicates, LookUp, PeopleFound
from shared.contracts.messages import OPEN, AuditedQuery, AuditedSearch, Id, query
from shared.contracts.stations.residents import MANAGE, READ, ResidentParticulars, ResidentState


class ResidentDetailsAnswer(ResidentParticulars):
    """A resident with personal data. Each answer leaves an audit row. `merged_ids` stand for this one."""

    id: Id
    version: int
    area: str
    station_id: Id
    state: Annotated[ResidentState, OPEN]
    merged_ids: tuple[Id, ...] = ()


@query
class ReadResident(AuditedQuery[ResidentDetailsAnswer | None]):
    """Read the personal data of a resident; the reader needs the permission `personal:read` as well."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadResident"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "resident"
    about: ClassVar[str] = "resident_id"
    resident_id: Id


class ResidentsFound(PeopleFound):
    """The residents who fit a look-up."""


@query
class LookUpResidents(LookUp, AuditedSearch[ResidentsFound]):
    """Find the residents with that telephone, identity number, or name and year of birth."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "LookUpResidents"
    permission: ClassVar[Permission] = MANAGE
    recorded_as: ClassVar[str] = "resident_look_up"


class DuplicateResidents(DuplicatesFound):
    """The residents who are likely the person."""


@query
class FindDuplicateResidents(FindDuplicates, AuditedSearch[DuplicateResidents | None]):
    """Find the residents who are likely the person; None for an unknown resident, or one outside the actor's area."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "FindDuplicateResidents"
    permission: ClassVar[Permission] = MANAGE
    recorded_as: ClassVar[str] = "resident_duplicates"
