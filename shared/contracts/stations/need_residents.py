"""The residents whom a need is about (受助居民), by id: kept beside the need, in no event, and read on record."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.actor import Reach
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Answer, AuditedQuery, Id, Instant, Scope, command, query
from shared.contracts.stations.need_request import MOST_RESIDENTS, ResidentIds
from shared.contracts.stations.needs import NeedAction
from shared.contracts.stations.residents import READ

MOST_NEEDS: Final = 200
"""Needs of one page."""


@command
class NameResidents(NeedAction):
    """Name the residents whom a need is about, in the place of those named before. Answers NamedResidents."""

    type: ClassVar[str] = "NameResidents"
    permission: ClassVar[Permission] = "needs:register"
    scope: ClassVar[Scope] = Scope(found=("need_id", "residents"))
    residents: ResidentIds


class NamedResidents(Answer):
    """The number of residents whom a need names."""

    need_id: Id
    count: int


class NeedResidentsAnswer(Answer):
    """The residents whom a need is about; of a merged id the one that stands for it."""

    need_id: Id
    area: Reach
    residents: tuple[Id, ...] = Field(max_length=MOST_RESIDENTS)


@query
class ReadNeedResidents(AuditedQuery[NeedResidentsAnswer | None]):
    """Read the residents whom a need is about."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReadNeedResidents"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "need_residents"
    about: ClassVar[str] = "need_id"
    need_id: Id


class ResidentNeedsAnswer(Answer):
    """The needs of a resident under every merged id, newest first. `next` is None on the last page."""

    resident_id: Id
    area: Reach
    needs: tuple[Id, ...] = Field(max_length=MOST_NEEDS)
    next: Id | None = None


@query
class ListResidentNeeds(AuditedQuery[ResidentNeedsAnswer | None]):
    """List the needs that are about a resident."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ListResidentNeeds"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "resident_needs"
    about: ClassVar[str] = "resident_id"
    resident_id: Id
    after: Id | None = None
    limit: int = Field(default=50, ge=1, le=MOST_NEEDS)


Shared = Literal["resident", "household"]


class NeedBeside(Answer):
    """A need about a resident of another need, or about somebody of the same household."""

    need_id: Id
    beside_id: Id
    shared: Annotated[Shared, OPEN]


class NeedsBesideAnswer(Answer):
    """The needs beside those that were asked about, the newest first for each."""

    items: tuple[NeedBeside, ...] = Field(max_length=MOST_NEEDS)


@query
class FindNeedsBeside(AuditedQuery[NeedsBesideAnswer]):
    """Find the needs registered since an instant that are about the same residents as these, or their households."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "FindNeedsBeside"
    permission: ClassVar[Permission] = READ
    recorded_as: ClassVar[str] = "needs_beside"
    about: ClassVar[str] = "need_ids"
    need_ids: tuple[Id, ...] = Field(max_length=MOST_NEEDS)
    since: Instant
