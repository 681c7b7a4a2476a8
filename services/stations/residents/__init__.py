"""Residents (居民) in the care of stations: their records, sealed, and the search that comes before a registration.

Owns `residents`, the public state, `resident_records`, the personal data, and `resident_intakes`, counters that let two
registrations of one person at once see each other.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.residents.domain import SEALED, Intake, Resident, ResidentRecord
from services.stations.residents.handlers import HANDLERS
from services.stations.residents.opening import make_marks
from services.stations.residents.policy import ResidentsPolicy
from services.stations.residents.queries import QUERIES
from shared.engine import Capability, Holding
from shared.people import INDEXES as KEY_INDEXES
from shared.people import MARKS_INDEX
from shared.people.erasing import INDEXES as ERASING_INDEXES
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "residents",
    handlers=HANDLERS,
    indexes={
        Resident.collection: [
            IndexModel([("station_id", ASCENDING), ("_id", ASCENDING)], name="of_station"),
            IndexModel([("merged_into", ASCENDING), ("_id", ASCENDING)], name="merged_into"),
        ],
        ResidentRecord.collection: [MARKS_INDEX],
        Intake.collection: [],
        **KEY_INDEXES,
        **ERASING_INDEXES,
    },
    policy=ResidentsPolicy,
    queries=QUERIES,
    sealed={ResidentRecord.collection: SEALED},
    marked={ResidentRecord.collection: make_marks},
    holdings=(
        Holding(Resident.collection, "resident", registers=True, kept=KEPT_NAMELESS),
        Holding(Resident.collection, "resident", ("merged_into",), kept=KEPT_NAMELESS),
        Holding(ResidentRecord.collection, "resident"),
    ),
)
