"""The worker process of jobs between two parts: garbage is collected, and no connection is held without work."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock
from zoneinfo import ZoneInfo

import pytest

from services.stations.jobs import JOBS
from services.stations.jobs.kinds import KINDS
from shared.engine import Handlers
from shared.jobs.process import JobWorker
from shared.runtime.clock import Clock
from shared.runtime.vault import Vault


@pytest.fixture
def worker() -> Any:
    settings: Any = SimpleNamespace(amqp_uri="amqp://")
    made: Any = JobWorker(
        settings, MagicMock(), Clock(), Vault(bytes(32), "stations"), service="stations", jobs=JOBS, kinds=KINDS,
        handlers=Handlers("stations"), zone=ZoneInfo("Asia/Shanghai"),
    )  # fmt: skip
    made._refresh = lambda: None
    made._stopping = SimpleNamespace(wait=lambda _: None)
    made._garbage, made._units, made._control = MagicMock(), MagicMock(), SimpleNamespace(paused=False)
    return made


def test_garbage_is_collected_while_one_job_goes_on(worker: Any) -> None:
    worker._runner = SimpleNamespace(step=lambda: True)
    for _ in range(3):
        worker._step()
    assert worker._garbage.collect.call_count == 3
    assert not worker._units.release.called


@pytest.mark.parametrize("paused", [False, True])
def test_a_worker_without_work_holds_no_connection(worker: Any, paused: bool) -> None:
    worker._runner, worker._control = SimpleNamespace(step=lambda: False), SimpleNamespace(paused=paused)
    worker._step()
    assert worker._units.release.called
