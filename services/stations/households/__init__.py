"""Households (家庭) of residents, and their relations: carers, emergency contacts, guardians (照护关系).

Owns `households` and `relations`. A resident lives in one household at a time, which stands in the resident, too.
Transfers, endings and erasures of residents stand here, because they touch all of it.
"""

from typing import Final

from services.stations.households import closed_stations, endings, erasure, handlers, relating, retention, transfers
from services.stations.households.domain import Household
from services.stations.households.queries import QUERIES
from services.stations.households.relations import SEALED, Relation
from services.stations.households.storage import INDEXES
from shared.engine import Capability, Document, Holding
from shared.people.holdings import KEPT_NAMELESS


def _of_one(row: Document, person_id: str) -> Document:
    """Return a household without its other members."""
    return {**row, "members": [one for one in row["members"] if one["resident_id"] == person_id]}


def _told_of_other(row: Document, person_id: str) -> Document:
    """Return a relation; to the other person without the resident whose relation it is."""
    return row if row["resident_id"] == person_id else {**row, "resident_id": ""}


CAPABILITY: Final = Capability(
    "households",
    handlers={
        **handlers.HANDLERS,
        **relating.HANDLERS,
        **transfers.HANDLERS,
        **endings.HANDLERS,
        **erasure.HANDLERS,
        **closed_stations.HANDLERS,
        **retention.HANDLERS,
    },
    indexes=INDEXES,
    queries=QUERIES,
    sealed={Relation.collection: SEALED},
    subjects={Relation.collection: "resident_id"},
    holdings=(
        Holding(Household.collection, "resident", ("members.resident_id",), part=_of_one, kept=KEPT_NAMELESS),
        Holding(
            Relation.collection, "resident", ("resident_id", "related_id"), part=_told_of_other, kept=KEPT_NAMELESS
        ),
    ),
)
