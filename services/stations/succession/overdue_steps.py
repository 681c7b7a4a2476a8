"""The overdue steps of a station that has closed without a successor: its street centre is reminded of them at once.

Those that become overdue later remind the centre first, by `kept_at`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self, TypeVar

from pymongo import ASCENDING

from services.stations.households.relating import RELATIONS
from services.stations.households.relations import Relation
from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.visits import OCCURRENCES
from services.stations.referrals.domain import Handover, Referral
from services.stations.referrals.handlers import HANDOVERS, REFERRALS
from services.stations.supervision.domain import Finding
from services.stations.supervision.handlers import FINDINGS
from shared.contracts.messages import EventData
from shared.contracts.overdue_levels import LEVELS
from shared.contracts.stations.handovers import HandoverOverdue
from shared.contracts.stations.occurrences import OccurrenceOverdue
from shared.contracts.stations.referrals import ReferralOverdue
from shared.contracts.stations.relations import RelationOverdue
from shared.contracts.stations.supervision import FindingOverdue
from shared.engine import Document, Loading, Query, UnitOfWork
from shared.engine.plain import Aggregate, Plain
from shared.people.storage import MAX_MILLIS

if TYPE_CHECKING:
    from pymongo.database import Database

STATION: Final = LEVELS[0][0]
A = TypeVar("A", bound=Aggregate)


@dataclass(frozen=True)
class RemindedAt(Query[A]):
    """The things of one kind of whose overdue step a station was reminded last; `field` holds the station's id."""

    station_id: str
    limit: ClassVar[int] = 50
    field: ClassVar[str] = "station_id"

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        things = database[cls.model.collection]
        found = (things.find({cls.field: query.station_id, "reminder.level": STATION}) for query in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: A) -> bool:
        """Return whether the thing is that station's, which was reminded last."""
        reminder = getattr(entity, "reminder", None)
        return getattr(entity, self.field) == self.station_id and reminder is not None and reminder.level == STATION


class OccurrencesRemindedAt(RemindedAt[Occurrence]):
    """The missed visits of whose overdue step a station was reminded last."""

    model = Occurrence


class RelationsRemindedAt(RemindedAt[Relation]):
    """The relations of whose overdue step a station was reminded last."""

    model = Relation


class FindingsRemindedAt(RemindedAt[Finding]):
    """The findings of whose overdue step a station was reminded last."""

    model = Finding


class ReferralsRemindedAt(RemindedAt[Referral]):
    """The referrals of whose overdue step their sender was reminded last."""

    model = Referral


class HandoversRemindedAt(RemindedAt[Handover]):
    """The referrals of whose overdue step their receiver was reminded last."""

    model = Handover
    field = "receiver_id"


class Kind(NamedTuple):
    """A kind of things with a step: the search, the plain form, and the event by which somebody is reminded."""

    search: type[RemindedAt[Any]]
    plain: Plain[Any]
    event: type[EventData]


KINDS: Final[Mapping[str, Kind]] = {
    "occurrences": Kind(OccurrencesRemindedAt, OCCURRENCES, OccurrenceOverdue),
    "relations": Kind(RelationsRemindedAt, RELATIONS, RelationOverdue),
    "findings": Kind(FindingsRemindedAt, FINDINGS, FindingOverdue),
    "referrals": Kind(ReferralsRemindedAt, REFERRALS, ReferralOverdue),
    "handovers": Kind(HandoversRemindedAt, HANDOVERS, HandoverOverdue),
}
"""The kinds by the part of the station's end."""


def load_reminded(part: str, station_id: str) -> Loading:
    """Load the next things of the part, with the values that they hold alone."""
    kind = KINDS[part]
    work = yield [kind.search(station_id)]
    yield kind.plain.load_claims(*work.find(kind.search(station_id)))


def pass_on_reminded(work: UnitOfWork, part: str, station_id: str) -> bool:
    """Remind the street centre of the things that `load_reminded` has loaded; return whether more may be left."""
    kind = KINDS[part]
    found = work.find(kind.search(station_id))
    for one in found:
        kind.plain.pass_on(work, one, kind.event)
    return len(found) == kind.search.limit
