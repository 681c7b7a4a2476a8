"""Jobs: begun, filled, taken on part by part, ended, closed; and gone on with after the death of a worker."""

from dataclasses import replace
from datetime import timedelta

import pytest
from worker_in_memory import DISTRICT, WorkerInMemory

from services.stations.areas.domain import Area
from services.stations.jobs.kinds import KINDS
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.jobs import JobShape
from shared.contracts.reasons import reason
from shared.contracts.stations.jobs import (
    AddStationsFilePart,
    BeginStationsImport,
    CancelStationsJob,
    CloseStationsJob,
    StationsJobBegun,
    StationsJobDone,
    StationsJobOverdue,
    StationsJobProgressed,
)
from shared.jobs.domain import KEPT, MOST_STARTS, STUCK_AFTER, JobSlots, KeptError, find_next_step
from shared.jobs.kinds import make_error
from shared.jobs.steps import StaleJobError, Started
from shared.tables.rows import RawRow

HOUR = timedelta(hours=1)
FILE = f"code,name\n{DISTRICT}001,One\n{DISTRICT}002,Two\n{DISTRICT}7,Short\n{DISTRICT}003,Three\n110105,Far\n".encode()
READER = Actor(kind="person", id="reader", roles=("station_worker",), area=DISTRICT)


@pytest.fixture
def worker() -> WorkerInMemory:
    return WorkerInMemory()


def areas(worker: WorkerInMemory) -> list[str]:
    return [one.id for one in worker.engine.all(Area) if len(one.id) > len(DISTRICT)]


def test_good_rows_are_taken_in_and_bad_ones_keep_their_errors(worker: WorkerInMemory) -> None:
    job = worker.run(worker.begin(FILE))
    assert (job.state, job.total, job.done, job.taken, job.bad) == ("done", 5, 5, 3, 2)
    assert areas(worker) == [f"{DISTRICT}00{n}" for n in (1, 2, 3)]
    found = [(e.row, e.column, e.problem.code) for e in worker.errors(job.id)]
    assert found == [(4, "code", "not_an_area_code"), (6, "", "row_elsewhere")]
    step = find_next_step(job)
    assert step is not None
    assert (step.code, step.args) == ("correct_rows", {"count": 2})


def test_a_worker_that_dies_leaves_whole_parts_and_the_next_one_decides_no_row_twice(worker: WorkerInMemory) -> None:
    worker.most = 2
    begun = worker.begin(FILE)
    assert worker.run(begun, parts=1).done == 2
    assert areas(worker) == [f"{DISTRICT}001", f"{DISTRICT}002"]
    done = worker.run(begun)
    assert (done.state, done.taken, done.unchanged, done.bad) == ("done", 3, 0, 2)


def test_a_row_that_comes_twice_is_refused_also_after_the_death_of_a_worker(worker: WorkerInMemory) -> None:
    worker.most = 1
    begun = worker.begin(f"code,name\n{DISTRICT}001,One\n{DISTRICT}002,Two\n{DISTRICT}001,Uno\n".encode())
    worker.run(begun, parts=2)
    done = worker.run(begun)
    assert (done.taken, done.bad) == (2, 1)
    assert [(error.row, error.problem.code) for error in worker.errors(begun)] == [(4, "row_twice")]


def test_a_second_import_of_the_same_file_changes_nothing(worker: WorkerInMemory) -> None:
    worker.run(worker.begin(FILE))
    again = worker.run(worker.begin(FILE))
    assert (again.taken, again.unchanged, again.bad) == (0, 3, 2)


def test_a_dry_run_changes_nothing_and_leaves_nothing_to_do(worker: WorkerInMemory) -> None:
    dry = worker.run(worker.begin(FILE, dry_run=True))
    assert (dry.state, dry.taken, dry.bad, areas(worker)) == ("done", 3, 2, [])
    assert find_next_step(dry) is None
    assert len(worker.errors(dry.id)) == 2


def test_a_row_that_its_actor_may_not_write_is_refused_alone(worker: WorkerInMemory) -> None:
    actor = Actor(kind="key", id="key_street", roles=("administrator",), area=f"{DISTRICT}001")
    begun = BeginStationsImport(kind="areas", area=DISTRICT)
    with pytest.raises(Refused, match="area_elsewhere"):
        worker.engine.command(begun, actor=actor)
    with pytest.raises(Refused, match="permission_missing"):
        worker.engine.command(begun, actor=READER)


def test_the_rows_are_decided_by_what_the_actor_may_do(worker: WorkerInMemory) -> None:
    job = worker.begin(FILE)
    stored = worker.job(job)
    key = type(stored), job
    narrow = stored.actor.model_copy(update={"area": f"{DISTRICT}001"})
    worker.engine.entities[key] = stored.model_copy(update={"actor": narrow})
    done = worker.run(job)
    assert (done.taken, done.bad) == (1, 4)
    assert {e.problem.code for e in worker.errors(job)} >= {"area_elsewhere"}


def test_a_file_comes_in_parts_in_order_and_another_request_does_not_mix_with_it(worker: WorkerInMemory) -> None:
    job = worker.engine.command(BeginStationsImport(kind="areas", area=DISTRICT)).id

    def add(number: int, upload: str = "one", *, last: bool = False) -> JobShape:
        command = AddStationsFilePart(id=job, upload=upload, number=number, content="YQ==", last=last)
        shape: JobShape = worker.engine.command(command)
        return shape

    add(0)
    add(0)
    with pytest.raises(Refused, match="file_part_out_of_order"):
        add(2)
    add(0, "two")
    with pytest.raises(Refused, match="file_sent_twice_at_once"):
        add(1)
    assert add(1, "two", last=True).state == "waiting"
    with pytest.raises(Refused, match="file_already_there"):
        add(0)


def test_a_principal_has_three_open_jobs_and_a_job_without_a_file_ends_after_an_hour(worker: WorkerInMemory) -> None:
    begun = [worker.engine.command(BeginStationsImport(kind="areas", area=DISTRICT)).id for _ in range(3)]
    with pytest.raises(Refused, match="too_many_jobs"):
        worker.engine.command(BeginStationsImport(kind="areas", area=DISTRICT))
    worker.engine.command(CancelStationsJob(id=begun[0]))
    worker.engine.command(BeginStationsImport(kind="areas", area=DISTRICT))
    worker.engine.advance(HOUR)
    failed = worker.job(begun[1])
    assert (failed.state, failed.problem and failed.problem.code) == ("failed", "file_not_sent")
    assert worker.engine.all(JobSlots)[0].jobs == ()


def test_a_cancelled_job_stops_and_keeps_the_rows_before(worker: WorkerInMemory) -> None:
    worker.most = 2
    job = worker.begin(FILE)
    seen = worker.run(job, parts=1)
    worker.engine.command(CancelStationsJob(id=job))
    with pytest.raises(StaleJobError):
        worker.step(Started(seen), worker.steps.start)
    assert (worker.job(job).state, areas(worker)) == ("cancelled", [f"{DISTRICT}001", f"{DISTRICT}002"])
    assert worker.engine.command(CancelStationsJob(id=job)).state == "cancelled"
    assert find_next_step(worker.job(job)) is None


def test_a_job_that_no_worker_takes_on_goes_up_level_by_level(worker: WorkerInMemory) -> None:
    worker.begin(FILE)
    worker.engine.advance(STUCK_AFTER + timedelta(days=1, minutes=1))
    assert [event.reminder and event.reminder.step for event in worker.engine.emitted(StationsJobOverdue)][:2] == [
        "await_job", "await_job",
    ]  # fmt: skip


def test_a_job_that_ends_its_workers_again_and_again_fails(worker: WorkerInMemory) -> None:
    job = worker.begin(FILE)
    for _ in range(MOST_STARTS):
        worker.step(Started(worker.job(job)), worker.steps.start)
        assert worker.job(job).state == "running"
    worker.step(Started(worker.job(job)), worker.steps.start)
    failed = worker.job(job)
    assert (failed.state, failed.problem and failed.problem.code) == ("failed", "job_does_not_go_on")


def test_errors_are_kept_for_thirty_days_and_then_nothing_is_left_to_do(worker: WorkerInMemory) -> None:
    job = worker.run(worker.begin(FILE))
    worker.clean(job.id)
    assert worker.job(job.id).parts == 0
    assert worker.job(job.id).due is None
    worker.engine.advance(KEPT)
    closed = worker.job(job.id)
    assert closed.closed_at is not None
    assert closed.due is not None, "a worker deletes the errors"
    assert find_next_step(closed) is None
    worker.clean(job.id)
    assert worker.job(job.id).kept_errors == 0
    assert len(worker.engine.all(KeptError)) == 2, "the runner deletes them by one statement"


def test_somebody_who_has_seen_to_the_errors_closes_the_job(worker: WorkerInMemory) -> None:
    begun = worker.begin(FILE)
    with pytest.raises(Refused, match="job_goes_on"):
        worker.engine.command(CloseStationsJob(id=begun))
    worker.run(begun)
    assert worker.engine.command(CloseStationsJob(id=begun)).next_step is None
    with pytest.raises(Refused, match="job_has_ended"):
        worker.engine.command(CancelStationsJob(id=begun))


def test_the_progress_of_a_quick_job_is_announced_seldom(worker: WorkerInMemory) -> None:
    rows = "\n".join(["code,name", *(f"{DISTRICT}{n:03d},Area" for n in range(1, 100))])
    worker.run(worker.begin(rows.encode()))
    assert len(worker.engine.emitted(StationsJobProgressed)) <= 3
    assert [len(worker.engine.emitted(kind)) for kind in (StationsJobBegun, StationsJobDone)] == [1, 1]


@pytest.mark.parametrize(("content", "rule"), [(b"", "import_file_empty"), (b"\n\n", None)])
def test_a_file_without_rows_takes_in_nothing(worker: WorkerInMemory, content: bytes, rule: str | None) -> None:
    if rule is not None:
        with pytest.raises(Refused, match=rule):
            worker.begin(content)
        return
    failed = worker.run(worker.begin(content))
    assert failed.problem is not None
    assert (failed.state, failed.problem.code) == ("failed", "file_without_rows")


def test_a_row_on_which_a_reader_fails_is_bad_and_the_others_are_taken_in(
    worker: WorkerInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_at_two(cell: object) -> object:
        return 1 // 0 if cell == "Two" else cell

    areas_kind = KINDS["areas"]
    columns = [replace(one, read=fail_at_two) if one.field == "name" else one for one in areas_kind.columns]
    monkeypatch.setitem(KINDS, "areas", replace(areas_kind, columns=columns))  # type: ignore[arg-type]
    job = worker.run(worker.begin(FILE))
    assert (job.state, job.taken, job.bad) == ("done", 2, 3)
    assert (3, "", "row_not_decided") in [(e.row, e.column, e.problem.code) for e in worker.errors(job.id)]


def test_errors_of_rows_sort_as_the_rows_do_in_a_file_of_any_length() -> None:
    numbers = [2, 9_999_999, 10_000_000, 16_777_216, 99_999_999, 100_000_000]
    ids = [make_error("job_1", RawRow(number, []), 0, "", reason("cell_missing")).id for number in numbers]
    assert ids == sorted(ids)
    assert ids[:2] == ["job_1.0000002.0", "job_1.9999999.0"], "as earlier releases have stored them"
