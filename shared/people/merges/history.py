"""Merges (合并): the history of the ids of persons, kept by their owner: which were merged, when, why and by whom."""

from datetime import datetime
from typing import ClassVar, Final

from pymongo import ASCENDING, IndexModel

from shared.contracts.access import Reference
from shared.contracts.merging import MergeReason, MergeState, UnmergeReason
from shared.contracts.persons import PersonKind
from shared.engine import Entity, Holding
from shared.people.holdings import KEPT_NAMELESS
from shared.people.identities import Identity


class Merge(Entity):
    """A merge of one id into another, and its undoing. It is never deleted: two ids may be merged and parted often."""

    collection: ClassVar[str] = "merges"

    area: str
    merged_id: str
    survivor_id: str
    state: MergeState = "merged"
    reason: MergeReason
    merged_at: datetime
    merged_by: Reference
    unmerged_because: UnmergeReason | None = None
    unmerged_at: datetime | None = None
    unmerged_by: Reference | None = None


INDEXES: Final[dict[str, list[IndexModel]]] = {
    # By id; the others are for a copy of all that is held on a person.
    Identity.collection: [
        IndexModel([("survivor", ASCENDING), ("_id", ASCENDING)], name="survivor"),
        IndexModel([("others", ASCENDING), ("_id", ASCENDING)], name="others"),
    ],
    Merge.collection: [
        IndexModel([("merged_id", ASCENDING), ("_id", ASCENDING)], name="merged_id"),
        IndexModel([("survivor_id", ASCENDING), ("_id", ASCENDING)], name="survivor_id"),
    ],
}


def holdings_for(kind: PersonKind) -> tuple[Holding, ...]:
    """Return the holdings of merges of that kind of person: opaque ids, which an erasure leaves.

    The tags of a merged volunteer are cleared by the volunteer's erasure.
    """
    return (
        Holding(Identity.collection, kind, ("_id", "survivor", "others"), kept=KEPT_NAMELESS),
        Holding(Merge.collection, kind, ("merged_id", "survivor_id"), kept=KEPT_NAMELESS),
    )
