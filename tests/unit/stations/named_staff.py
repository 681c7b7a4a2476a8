"""Social workers whom a test registers with a name of its own."""

from services.stations.network.domain import Station
from services.stations.workers.domain import Worker
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
