"""The erasure of the person of a home: the home is visited no more, before any visit takes the words over again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Self

from pymongo import ASCENDING

from services.stations.needs.erasure import WordsLeave
from services.stations.plans.domain.home import PlanCursor, PlanHome, removed
from services.stations.plans.domain.plan import Plan
from services.stations.plans.homes import store_removal
from services.stations.plans.storage import MAX_MILLIS
from shared.engine import TURN, Document, Get, HandlerTable, Handling, Incoming, Load, Query

if TYPE_CHECKING:
    from pymongo.database import Database


@dataclass(frozen=True)
class CursorsOf(Query[PlanCursor]):
    """The progress of the homes whose next visit takes over the words of a need: one in each plan."""

    need_id: str
    model: ClassVar[type[PlanCursor]] = PlanCursor
    limit: ClassVar[int] = 20

    @classmethod
    def fetch(cls, database: "Database[Document]", queries: Sequence[Self]) -> list[list[Document]]:
        """Return the documents for each query, one find each: erasures are rare."""
        cursors = database[PlanCursor.collection]
        found = (cursors.find({"words_of": one.need_id}).sort("_id", ASCENDING) for one in queries)
        return [list(rows.limit(cls.limit).max_time_ms(MAX_MILLIS)) for rows in found]

    def matches(self, entity: PlanCursor) -> bool:
        """Return whether the next visit takes over the words of the need."""
        return entity.words_of == self.need_id


def leave_homes(message: Incoming[WordsLeave]) -> Handling:
    """Remove the homes whose words are being erased, and have their visits that are ahead called off."""
    search = CursorsOf(message.data.need_id)
    work = yield [search]
    loads: list[Load] = []
    for one in work.find(search):
        loads += [Get(PlanHome, one.id), Get(Plan, one.plan_id)]
    yield loads
    work = yield TURN
    for one in work.find(search):
        home = work.get(PlanHome, one.id)
        if home is not None and home.state == "active":
            store_removal(work, home, removed(home, "words_erased", work.now))


HANDLERS: Final[HandlerTable] = {WordsLeave: leave_homes}
