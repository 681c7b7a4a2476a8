"""Social workers, posts and trainings that a test makes with names of its own."""

from datetime import timedelta

from services.stations.network.domain import Station
from services.stations.trainings.domain import Attendance, Training
from services.stations.workers.domain import Worker
from shared.contracts.stations.posts import OpenPost
from shared.contracts.stations.trainings import HoldTraining, PlanTraining, RecordAttendance
from shared.contracts.stations.workers import RegisterWorker
from shared.engine.decide.memory import MemoryEngine


def worker(engine: MemoryEngine, external_id: str | None) -> RegisterWorker:
    """A social worker of the first station, without a licence."""
    return RegisterWorker.model_validate(
        {
            "station_id": engine.all(Station)[0].id,
            "name": "Lin Invented",
            "phone": f"1380013800{len(engine.all(Worker))}",
            "employed_on": "2026-01-05",
            "external_id": external_id,
        }
    )


def post(engine: MemoryEngine, external_id: str | None) -> OpenPost:
    """A vacant post of the first station."""
    asked = {
        "station_id": engine.all(Station)[0].id,
        "function": "caseworker",
        "fill_by": engine.now + timedelta(days=60),
    }
    return OpenPost.model_validate({**asked, "external_id": external_id})


def training(engine: MemoryEngine, external_id: str | None) -> PlanTraining:
    """A training of the first station that is over."""
    asked = {"station_id": engine.all(Station)[0].id, "dimension": "resource_linking", "minutes": 60}
    begins = engine.now - timedelta(days=1)
    return PlanTraining.model_validate({**asked, "starts_at": begins, "external_id": external_id})


def attendance(engine: MemoryEngine, external_id: str | None) -> RecordAttendance:
    """The attendance of another social worker at a training that was held."""
    if not engine.all(Training):
        engine.command(HoldTraining(id=engine.command(training(engine, None)).id))
        for _ in range(3):
            engine.command(worker(engine, None))
    about = engine.all(Worker)[len(engine.all(Attendance))].id
    held = engine.all(Training)[0].id
    return RecordAttendance(training_id=held, worker_id=about, minutes=60, external_id=external_id)
