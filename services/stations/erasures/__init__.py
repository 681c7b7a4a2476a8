"""Erasures (删除): the process that deletes what all services keep about persons, its report and its journal.

Owns `erasures`, `erasure_journal` and `erasure_journal_heads`. Each service erases the persons that it knows; the
aggregate collects the answers and has the deadline.
"""

from typing import Final

from services.stations.erasures.domain import Erasure
from services.stations.erasures.handlers import HANDLERS
from services.stations.erasures.journal import INDEXES, JournalRow
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "erasures",
    HANDLERS,
    {Erasure.collection: [], **INDEXES},
    holdings=(
        Holding(Erasure.collection, fields=("people.id",), indexed=False, kept=KEPT_NAMELESS),
        Holding(JournalRow.collection, fields=("entry.people.id",), indexed=False, kept=KEPT_NAMELESS),
    ),
)
