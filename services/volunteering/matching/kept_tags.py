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

    `into_withheld` keeps whether the survivor was withheld from searches: where no consent is on record under its ids,
    nothing else shows that after the undoing. `moved` are the dispatches whose slots went over, those already served
    among them; `dispatches` are the changed ones.
    """

    tags: tuple[str, ...] = ()
    into_withheld: bool = False
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


@dataclass(frozen=True)
class FirstMergeInto(Query[VolunteerMerge]):
    """The first merge into an id: it shows how the id stood by itself."""

    model = VolunteerMerge
    limit: ClassVar[int] = 1
    survivor_id: str

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence["FirstMergeInto"]) -> list[list[Document]]:
        """Return the document for each query, one find each: undoings are rare."""
        merges = database[VolunteerMerge.collection]
        return [
            list(
                merges.find({"survivor_id": query.survivor_id}).sort("_id", 1).limit(cls.limit).max_time_ms(MAX_MILLIS)
            )
            for query in queries
        ]

    def matches(self, entity: VolunteerMerge) -> bool:
        """Return whether the merge was into that id."""
        return entity.survivor_id == self.survivor_id


def clear_tags(work: UnitOfWork, merged_id: str) -> int:
    """Clear the tags of an erased volunteer in at most MOST_CLEARED merges; return their number. Needs `KeptTags`."""
    merges = work.find(KeptTags(merged_id))
    for merge in merges:
        work.put(merge.model_copy(update={"tags": ()}))
    return len(merges)
