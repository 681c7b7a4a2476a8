"""The worker process of jobs between two parts: garbage is collected, and no connection is held without work."""

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pymongo import MongoClient

from services.stations.jobs import JOBS
from services.stations.jobs.kinds import KINDS
from shared.engine import Handlers
from shared.jobs.process import JobWorker
from shared.runtime.clock import Clock
from shared.runtime.vault import Vault


class Beside:
    """The garbage, the connection, the jobs and the pause of a worker; `done` has their calls in order."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.has_work, self.paused = True, False

    def collect(self, _: float) -> None:
        self.done.append("collect")

    def release(self) -> None:
        self.done.append("release")

    def step(self) -> bool:
        self.done.append("step")
        return self.has_work

    def wait(self, _: float) -> None:
        self.done.append("rest")


@pytest.fixture
def beside() -> Beside:
    return Beside()


@pytest.fixture
def worker(beside: Beside) -> Any:
    settings: Any = SimpleNamespace(amqp_uri="amqp://")
    database = MongoClient[dict[str, Any]]("mongodb://nowhere/", connect=False)["stations"]
    made: Any = JobWorker(
        settings, database, Clock(), Vault(bytes(32), "stations"), service="stations", jobs=JOBS, kinds=KINDS,
        handlers=Handlers("stations"), zone=ZoneInfo("Asia/Shanghai"),
    )  # fmt: skip
    made._refresh = lambda: None
    made._garbage = made._units = made._runner = made._control = made._stopping = beside
    return made


def test_garbage_is_collected_between_the_parts_of_a_job_and_its_connection_is_kept(
    worker: Any, beside: Beside
) -> None:
    for _ in range(3):
        worker._step()
    assert beside.done == 3 * ["collect", "step"]


def test_a_worker_without_work_gives_its_connection_back_and_rests(worker: Any, beside: Beside) -> None:
    beside.has_work = False
    worker._step()
    assert beside.done == ["collect", "step", "release", "rest"]


def test_a_paused_worker_takes_no_part_and_gives_its_connection_back(worker: Any, beside: Beside) -> None:
    beside.paused = True
    worker._step()
    assert beside.done == ["collect", "release", "rest"]
