"""The tags of volunteers whose ids were merged: kept with the merge, so that no search finds the merged id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from pymongo.database import Database

from shared.contracts.volunteering.merges import MergedDispatch
from shared.engine import Document, Query, UnitOfWork
from shared.people.merges import Merge
from shared.people.storage import MAX_MILLIS

MOST_CLEARED: Final = 20
"""Merges of one volunteer whose tags one step of an erasure clears; hardly anybody is merged twice."""


class VolunteerMerge(Merge):
    """The merge of a volunteer. `tags` are those of the merged id, which it loses, so that no search finds it.

    `moved` are the dispatches whose slots went over, those already served among them; `dispatches` what was changed.
    """

    tags: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    dispatches: tuple[MergedDispatch, ...] = ()


@dataclass(frozen=True)
class KeptTags(Query[VolunteerMerge]):
    """The merges of one merged id that still hold its tags, those that were undone among them."""

    model = VolunteerMerge
    limit: ClassVar[int] = MOST_CLEARED
    merged_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["KeptTags"]) -> list[list[Document]]:
        """Return the documents for each query, by one find."""
        rule: Document = {"merged_id": {"$in": [query.merged_id for query in queries]}, "tags": {"$ne": []}}
        found = database[VolunteerMerge.collection].find(rule).limit(cls.limit * len(queries)).max_time_ms(MAX_MILLIS)
        rows = list(found)
        return [[row for row in rows if row["merged_id"] == query.merged_id][: cls.limit] for query in queries]

    def matches(self, entity: VolunteerMerge) -> bool:
        """Return whether the merge holds the tags of that id."""
        return entity.merged_id == self.merged_id and bool(entity.tags)


def clear_tags(work: UnitOfWork, merged_id: str) -> int:
    """Clear the tags of an erased volunteer in at most MOST_CLEARED merges; return their number. Needs `KeptTags`."""
    merges = work.find(KeptTags(merged_id))
    for merge in merges:
        work.put(merge.model_copy(update={"tags": ()}))
    return len(merges)
