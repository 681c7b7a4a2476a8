"""Erasures (删除): the process that deletes the data of persons in all services, its report and its journal.

Owns `erasures`, `erasure_journal` and `erasure_journal_heads`. Each service erases the persons that it knows; the
aggregate collects the answers and has the deadline.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.erasures.domain import DUE_BEFORE, Erasure
from services.stations.erasures.handlers import ERASURES, HANDLERS
from services.stations.erasures.journal import INDEXES, JournalRow
from shared.engine import Capability, Holding
from shared.engine.deadlines import Deadlines
from shared.people.holdings import KEPT_NAMELESS

DEADLINES: Final = Deadlines(
    ERASURES,
    "erasures",
    open={"state": {"$in": ["under_way", "overdue"]}},
    ahead={"await_erasure": DUE_BEFORE, "end_open_work": DUE_BEFORE},
)
CAPABILITY: Final = Capability(
    "erasures",
    HANDLERS,
    {Erasure.collection: [IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="state")], **INDEXES},
    censuses=DEADLINES.censuses(),
    holdings=(
        Holding(Erasure.collection, fields=("people.id",), indexed=False, kept=KEPT_NAMELESS),
        Holding(JournalRow.collection, fields=("entry.people.id",), indexed=False, kept=KEPT_NAMELESS),
    ),
)
