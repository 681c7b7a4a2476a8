"""The part read ahead: it is prepared while the part before is committed, and decided after that."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.stations.jobs.kinds import KINDS
from shared.contracts.stations.jobs import CancelStationsJob
from shared.jobs.deciding import Part
from shared.jobs.running import Runner
from tests.city.jobs import runner_of
from tests.stories.in_memory import InMemory
from tests.stories.stage import Document
from tests.stories.told_of_imports import counts, send, shown

MOST = 3
SMALL = {**KINDS, "residents": replace(KINDS["residents"], most=MOST)}
HEADER = "居民编号,社工站编号,姓名,电话,出生年份"


class AtOnce(Executor):
    """Does the work as soon as it is handed over, and keeps the order: no test waits for a thread."""

    def __init__(self) -> None:
        self.read = 0

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        self.read += 1
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **named))
        except Exception as error:  # noqa: BLE001 - as a thread keeps it for the caller
            done.set_exception(error)
        return done


class Office(InMemory):
    """A city with a file of residents in the queue of its worker."""

    def residents(self, *rows: str, **asked: Any) -> str:
        (station,) = self.open_stations(self.home)
        lines = [row.replace("STATION", station) for row in rows]
        return send(self, "\n".join((HEADER, *lines)).encode(), kind="residents", format="csv", **asked)

    def worker(self, beside: Executor | None) -> Runner:
        return runner_of(self._world, SMALL, beside)

    def stored(self, collection: str) -> list[Document]:
        return list(self._world.rows("stations", collection).values())

    def let_lapse(self) -> None:
        self.run_jobs(steps=0)


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture(params=["at once", "in a thread"])
def beside(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with AtOnce() if request.param == "at once" else ThreadPoolExecutor(1) as executor:
        yield executor


def row(nth: int, **changes: str) -> str:
    cells = {"name": f"马{nth}老人", "phone": f"1390013{nth:04}", **changes}
    return f"R-{nth},STATION,{cells['name']},{cells['phone']},{1930 + nth}"


def run(worker: Runner, steps: int = 100) -> None:
    while steps and worker.step():
        steps -= 1


def test_somebody_in_two_neighbouring_parts_is_registered_once(office: Office, beside: Executor) -> None:
    again = row(4, name="马3老人", phone="13900130003")
    job = office.residents(row(1), row(2), row(3), again, row(5), row(3), row(7))
    run(office.worker(beside))
    assert counts(office, job) == (5, 0, 2), "the one is likely known, the other stands there twice"
    assert len(office.stored("residents")) == 5


@pytest.mark.parametrize("steps", [3, 5])
def test_a_worker_that_dies_with_a_part_in_hand_leaves_no_row_out_and_none_twice(
    office: Office, beside: Executor, steps: int
) -> None:
    job = office.residents(*(row(nth) for nth in range(1, 11)))
    run(office.worker(beside), steps)
    office.let_lapse()
    assert len(office.stored("residents")) == MOST * (steps - 2)
    run(office.worker(beside))
    assert counts(office, job) == (10, 0, 0)
    assert len(office.stored("residents")) == 10


def test_a_cancelled_job_takes_in_nothing_of_the_part_that_was_read(office: Office, beside: Executor) -> None:
    job = office.residents(*(row(nth) for nth in range(1, 11)))
    worker = office.worker(beside)
    run(worker, 3)
    office.send(CancelStationsJob(id=job))
    run(worker)
    office.until(lambda: shown(office, job)["state"] == "cancelled", "the job is cancelled")
    assert len(office.stored("residents")) == MOST


def test_each_part_is_read_once_and_none_behind_the_last(office: Office) -> None:
    beside = AtOnce()
    job = office.residents(*(row(nth) for nth in range(1, 11)))
    run(office.worker(beside))
    assert counts(office, job) == (10, 0, 0)
    assert beside.read == 3, "the first of four parts is not read ahead"


def test_a_file_that_breaks_off_in_the_part_ahead_keeps_the_parts_before_it(office: Office, beside: Executor) -> None:
    job = office.residents(*(row(nth) for nth in range(1, 11)))
    worker = office.worker(beside)
    run(worker, 3)
    hand: Any = worker._open
    hand.ahead = Future[Part]()
    hand.ahead.set_exception(OSError("the store is away"))
    with pytest.raises(OSError, match="away"):
        worker.step()
    run(worker)
    assert counts(office, job) == (10, 0, 0), "it begins again where the store has the job"


def test_people_of_a_part_that_waited_have_the_time_of_their_decision(office: Office) -> None:
    job = office.residents(*(row(nth) for nth in range(1, 7)))
    worker = office.worker(AtOnce())
    run(worker, 3)
    office.wait(timedelta(seconds=8))
    pause = office.now()
    run(worker)
    office.run_jobs()  # there is none: the service announces
    assert counts(office, job) == (6, 0, 0)
    registered = sorted(one["registered_at"] for one in office.stored("residents"))
    ids = sorted(one["_id"] for one in office.stored("residents"))
    assert str(registered[MOST]) >= pause.isoformat()[:19]
    assert ids[MOST][:18] > ids[MOST - 1][:18], "their ids rise with that time"
