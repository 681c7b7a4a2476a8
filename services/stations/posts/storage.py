"""The collection of posts, and the searches for those of a station and of a social worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from pymongo import ASCENDING, IndexModel

from services.stations.posts.domain import Post
from shared.contracts.stations.posts import MOST_POSTS
from shared.engine import Document, Query
from shared.people.storage import MAX_MILLIS

if TYPE_CHECKING:
    from pymongo.database import Database

STANDING: Final = ("vacant", "filled")
MOST_AT_ONCE: Final = 50
"""Posts that one step hands over or closes."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    Post.collection: [
        IndexModel([("station_id", ASCENDING), ("state", ASCENDING)], name="of_station"),
        IndexModel([("workers", ASCENDING), ("_id", ASCENDING)], name="of_worker"),
    ],
}


@dataclass(frozen=True)
class PostsOf(Query[Post]):
    """The posts of a station that are not closed."""

    station_id: str
    model = Post
    limit: ClassVar[int] = MOST_AT_ONCE

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each."""
        posts = database[Post.collection]
        found = (posts.find({"station_id": q.station_id, "state": {"$in": list(STANDING)}}) for q in queries)
        return [list(rows.sort("_id", ASCENDING).limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Post) -> bool:
        """Return whether the post is of that station, and not closed."""
        return entity.station_id == self.station_id and entity.state in STANDING


@dataclass(frozen=True)
class PostsWith(Query[Post]):
    """The posts that a social worker has."""

    worker_id: str
    model = Post
    limit: ClassVar[int] = MOST_POSTS

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each: such changes are rare."""
        posts = database[Post.collection]
        found = (posts.find({"workers": query.worker_id}).sort("_id", ASCENDING) for query in queries)
        return [list(rows.limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: Post) -> bool:
        """Return whether the social worker has the post."""
        return self.worker_id in entity.workers
