"""The collections of plans, and the search for the plans of an area."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Self

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database

from services.stations.plans.domain.home import PlanCursor, PlanHome
from services.stations.plans.domain.occurrence import Occurrence
from services.stations.plans.domain.plan import Plan
from shared.engine import Query
from shared.engine.decide.schema import Document
from shared.people.erasing import ErasurePart

MAX_MILLIS: Final = 5_000
"""The longest that the store may take over one query, in milliseconds."""
MOST_READ: Final = 200
"""Erasures that are read for one home; each of its needs has hardly more than one."""
_AFTER_DIGITS: Final = ":"
"""The character after `9`: the codes that begin with a prefix end before it."""

INDEXES: Final[dict[str, list[IndexModel]]] = {
    Plan.collection: [
        IndexModel([("area", ASCENDING), ("_id", ASCENDING)], name="area"),
        IndexModel([("station_id", ASCENDING)], name="of_station"),
    ],
    PlanHome.collection: [
        IndexModel([("need_id", ASCENDING)], name="need_id"),
        IndexModel([("station_id", ASCENDING)], name="of_station"),
    ],
    PlanCursor.collection: [IndexModel([("words_of", ASCENDING)], name="words_of")],
    Occurrence.collection: [
        IndexModel([("plan_id", ASCENDING), ("starts_at", ASCENDING)], name="plan_starts"),
        IndexModel([("need_id", ASCENDING)], name="need_id"),
        IndexModel([("station_id", ASCENDING), ("ends_at", ASCENDING)], name="of_station"),
    ],
}


@dataclass(frozen=True)
class PlansUnder(Query[Plan]):
    """The plans of an area that have not ended, after an id, in the order of their ids."""

    model: ClassVar[type[Plan]] = Plan
    limit: ClassVar[int] = 20
    area: str
    after: str = ""

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the plans of each query."""
        return [list(query.find(database)) for query in queries]

    def find(self, database: Database[Document]) -> Sequence[Document]:
        """Return the first 20 plans, by id; the store may take 5,000 ms."""
        rule: Document = {
            "_id": {"$gt": self.after}, "area": {"$gte": self.area, "$lt": self.area + _AFTER_DIGITS},
            "state": {"$ne": "ended"},
        }  # fmt: skip
        found = database[Plan.collection].find(rule).sort("_id", ASCENDING).limit(self.limit).max_time_ms(MAX_MILLIS)
        return list(found)

    def matches(self, entity: Plan) -> bool:
        """Return whether the plan, as it stands now, fits."""
        return entity.id > self.after and entity.area.startswith(self.area) and entity.state != "ended"


@dataclass(frozen=True)
class ErasuresOf(Query[ErasurePart]):
    """An erasure that was asked for the person of one of these needs, whether it is done or waits for its end."""

    model: ClassVar[type[ErasurePart]] = ErasurePart
    limit: ClassVar[int] = 1
    need_ids: tuple[str, ...]
    area: str

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:
        """Return the parts of each query."""
        return [list(query.find(database)) for query in queries]

    def find(self, database: Database[Document]) -> Sequence[Document]:
        """Return the erasures of these needs; the store may take 5,000 ms."""
        rows = database[ErasurePart.collection].find({"subject": {"$in": list(self.need_ids)}})
        return [row for row in rows.limit(MOST_READ).max_time_ms(MAX_MILLIS) if self.area.startswith(row["reach"])]

    def matches(self, entity: ErasurePart) -> bool:
        """Return whether the erasure is about one of the needs, and by somebody who reaches the home."""
        return entity.subject in self.need_ids and entity.reaches(self.area)
