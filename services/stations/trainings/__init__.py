"""Trainings (培训) of stations and street centres, and the attendance of their social workers, with exams.

Owns `trainings` and `attendances`. The minutes of a year are kept with the social worker, as is the task of the station
that lacks them.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.trainings.domain import Attendance, Training
from services.stations.trainings.handlers import HANDLERS
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "trainings",
    HANDLERS,
    {
        Training.collection: [IndexModel([("station_id", ASCENDING), ("state", ASCENDING)], name="of_station")],
        Attendance.collection: [IndexModel([("worker_id", ASCENDING), ("_id", ASCENDING)], name="of_worker")],
    },
    holdings=(Holding(Attendance.collection, "worker", ("worker_id",), kept=KEPT_NAMELESS),),
)
