"""The queries that each owner (数据所有方) answers alike: its audit, the actors of its events, callers' external ids.

One class an owner, because a query names its receiver.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.access.actor import Actor, Reference
from shared.contracts.access.audit import MOST_BLOCKS, AuditBlockPage, AuditFilter, AuditPage
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import Answer, AuditedQuery, ExternalId, Id, Label, Query, query


class NamesAnswer(Answer):
    """`names` by the id of the thing; `used` is whether the principal has ever named anything with this owner."""

    used: bool
    names: dict[str, str]


class NamedAnswer(Answer):
    """The id of the thing of that name; None where there is none."""

    id: Id | None = None


class ActorAnswer(Answer):
    """The principal behind a reference; `kind` is person, key or agency."""

    reference: Reference
    principal: str
    kind: str


class ReadActor(AuditedQuery[ActorAnswer | None]):
    """Read the principal behind a reference in an event; None for one that the service has not given.

    It has no area: nobody guesses a reference, and a principal may act in several areas.
    """

    type: ClassVar[str] = "ReadActor"
    permission: ClassVar[Permission] = "audit:read"
    recorded_as: ClassVar[str] = "actor"
    about: ClassVar[str] = "reference"
    reference: Reference


class ReadAudit(Query[AuditPage]):
    """Read a page of the audit, as far as the actor may."""

    type: ClassVar[str] = "ReadAudit"
    actor: Actor
    wanted: AuditFilter


class ReadAuditBlocks(Query[AuditBlockPage]):
    """Read headers of the audit's chain above a number: for one who reaches everywhere."""

    type: ClassVar[str] = "ReadAuditBlocks"
    actor: Actor
    above: int = Field(ge=0)
    limit: int = Field(default=MOST_BLOCKS, ge=1, le=MOST_BLOCKS)


class FindNamed(Query[NamedAnswer]):
    """Find the thing that the principal has given that name; `kind` is need, station, donor …"""

    type: ClassVar[str] = "FindNamed"
    personal: ClassVar[bool] = True
    principal: Id
    kind: Label
    external_id: ExternalId


class ReadNames(Query[NamesAnswer]):
    """Read the names that the principal has given to at most 200 things."""

    type: ClassVar[str] = "ReadNames"
    personal: ClassVar[bool] = True
    principal: Id
    ids: tuple[Id, ...] = Field(max_length=200)


@query
class ReadStationsAudit(ReadAudit):
    """The audit of stations."""

    to: ClassVar[str] = "stations"


@query
class ReadStationsAuditBlocks(ReadAuditBlocks):
    """Of the audit of stations."""

    to: ClassVar[str] = "stations"


@query
class FindStationsNamed(FindNamed):
    """Among the things of stations."""

    to: ClassVar[str] = "stations"


@query
class ReadStationsNames(ReadNames):
    """Of things of stations."""

    to: ClassVar[str] = "stations"


@query
class ReadStationsActor(ReadActor):
    """Of an event of stations."""

    to: ClassVar[str] = "stations"


@query
class ReadCharityAudit(ReadAudit):
    """The audit of charity."""

    to: ClassVar[str] = "charity"


@query
class ReadCharityAuditBlocks(ReadAuditBlocks):
    """Of the audit of charity."""

    to: ClassVar[str] = "charity"


@query
class FindCharityNamed(FindNamed):
    """Among the things of charity."""

    to: ClassVar[str] = "charity"


@query
class ReadCharityNames(ReadNames):
    """Of things of charity."""

    to: ClassVar[str] = "charity"


@query
class ReadCharityActor(ReadActor):
    """Of an event of charity."""

    to: ClassVar[str] = "charity"


@query
class ReadVolunteeringAudit(ReadAudit):
    """The audit of volunteering."""

    to: ClassVar[str] = "volunteering"


@query
class ReadVolunteeringAuditBlocks(ReadAuditBlocks):
    """Of the audit of volunteering."""

    to: ClassVar[str] = "volunteering"


@query
class FindVolunteeringNamed(FindNamed):
    """Among the things of volunteering."""

    to: ClassVar[str] = "volunteering"


@query
class ReadVolunteeringNames(ReadNames):
    """Of things of volunteering."""

    to: ClassVar[str] = "volunteering"


@query
class ReadVolunteeringActor(ReadActor):
    """Of an event of volunteering."""

    to: ClassVar[str] = "volunteering"
