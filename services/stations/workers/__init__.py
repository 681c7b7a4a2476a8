"""Social workers (社工) of stations and street centres: their records, sealed, their licences, leave and employment.

Owns `workers`, the public state, and `worker_records`, the personal data. A certificate is held by one alone: claimed.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.workers.domain import SEALED, Worker, WorkerRecord
from services.stations.workers.erasure import HANDLERS as ERASURE_HANDLERS
from services.stations.workers.handlers import HANDLERS
from services.stations.workers.queries import QUERIES
from shared.engine import Capability, Holding
from shared.engine.plain import Claim
from shared.people import INDEXES as KEY_INDEXES
from shared.people import MARKS_INDEX
from shared.people.erasing import INDEXES as ERASING_INDEXES
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "workers",
    handlers={**HANDLERS, **ERASURE_HANDLERS},
    indexes={
        Worker.collection: [IndexModel([("station_id", ASCENDING), ("state", ASCENDING)], name="of_station")],
        WorkerRecord.collection: [MARKS_INDEX],
        **KEY_INDEXES,
        **ERASING_INDEXES,
    },
    queries=QUERIES,
    sealed={WorkerRecord.collection: SEALED},
    holdings=(
        Holding(Worker.collection, "worker", registers=True, kept=KEPT_NAMELESS),
        Holding(WorkerRecord.collection, "worker"),
        Holding(Claim.collection, "worker", ("holder",), indexed=False, kept=KEPT_NAMELESS),
    ),
)
