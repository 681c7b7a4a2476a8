"""Files of offices over HTTP: sent, checked, decided row by row by a worker, also after the death of one."""

import csv
import io
import json
import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from books import Sheet, workbook
from gateway_stack import AREA, EVERYONE, RunningGateway, import_areas, running_gateway, station
from imported_files import residents_of, results_of, workers_of
from lianshan_command import lianshan
from stacks import Servers
from waiting import eventually, until

pytestmark = pytest.mark.integration
WORKER = "stations.worker"
DISTRICT = "110199"
HEADER = "区划代码,名称"


@pytest.fixture(scope="module")
def gateway(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningGateway]:
    with running_gateway(servers, tmp_path_factory.mktemp("imports"), EVERYONE) as running, running.client() as admin:
        import_areas(admin)
        yield running


@pytest.fixture
def api(gateway: RunningGateway) -> Iterator[httpx.Client]:
    with gateway.client() as client:
        yield client


@pytest.fixture
def worker(gateway: RunningGateway) -> Iterator[None]:
    gateway.start(WORKER)
    yield
    gateway.stop(WORKER)


def begin(api: httpx.Client, content: bytes, **asked: Any) -> str:
    """Begin an import, of areas where nothing else is asked, and send its file; return the id of the job."""
    begun = api.post("/v1/imports", json={"kind": "areas", "area": DISTRICT, **asked})
    assert begun.status_code == 201, begun.text
    job: str = begun.json()["id"]
    assert begun.headers["Location"] == f"/v1/jobs/{job}"
    sent = api.put(f"/v1/imports/{job}/file", content=content)
    assert sent.status_code == 200, sent.text
    assert sent.json()["state"] == "waiting"
    return job


def ended(api: httpx.Client, job: str) -> dict[str, Any]:
    """Wait for the end of a job and return it."""

    def look() -> dict[str, Any]:
        found: dict[str, Any] = api.get(f"/v1/jobs/{job}").json()
        assert found["state"] in {"done", "failed", "cancelled"}, found
        return found

    return eventually(look)


def run_until_it_dies(gateway: RunningGateway, commits: int) -> None:
    """Run a worker that is killed (SIGKILL) after so many commits."""
    gateway.start(WORKER, failpoints=f"after_commit=kill@{commits}")
    until(lambda: gateway.processes[WORKER].poll() is not None, "the worker dies")
    gateway.processes.pop(WORKER)


def counts(job: dict[str, Any]) -> tuple[int, int, int]:
    return job["taken"], job["unchanged"], job["bad"]


def register(codes: Sequence[str]) -> bytes:
    return "\r\n".join([HEADER, *(f"{code},Elm Hall" for code in codes)]).encode()


def communities(number: int, street: str) -> list[str]:
    return [f"{street}{one:03d}" for one in range(1, number + 1)]


@pytest.mark.usefixtures("worker")
def test_a_file_is_checked_by_a_dry_run_then_taken_in_and_changes_nothing_the_second_time(api: httpx.Client) -> None:
    rows = [f"{DISTRICT}001,一街道", "１１０１９９００１００２,二社区", f"{DISTRICT}1,短", ",无", "110105,外"]
    file = "\n".join([HEADER, *rows])
    for coded in (file.encode("utf-8-sig"), file.encode("gb18030")):
        dry = ended(api, begin(api, coded, dry_run=True))
        assert (dry["total"], dry["done"], dry["taken"], dry["bad"]) == (5, 5, 2, 3)
    assert api.get(f"/v1/areas/{DISTRICT}001").status_code == 404, "a dry run changes nothing"
    job = begin(api, file.encode())
    done = ended(api, job)
    assert (done["state"], done["taken"], done["unchanged"], done["bad"]) == ("done", 2, 0, 3)
    assert done["next_step"]["code"] == "correct_rows"
    assert api.get(f"/v1/areas/{DISTRICT}001002").json()["name"] == "二社区"
    errors = api.get(f"/v1/jobs/{job}/errors").json()["items"]
    assert [(e["row"], e["column"], e["problem"]["code"]) for e in errors] == [
        (4, "区划代码", "not_an_area_code"), (5, "区划代码", "cell_missing"), (6, "", "row_elsewhere"),
    ]  # fmt: skip
    page = api.get(f"/v1/jobs/{job}/errors", params={"limit": 2}).json()
    rest = api.get(f"/v1/jobs/{job}/errors", params={"after": page["next"]}).json()
    assert [*page["items"], *rest["items"]] == errors
    lines = api.get(f"/v1/jobs/{job}/errors.csv", headers={"Accept-Language": "zh"}).content.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(lines))] == ["行", "4", "5", "6"]
    again = ended(api, begin(api, file.encode()))
    assert (again["taken"], again["unchanged"], again["bad"]) == (0, 2, 3)
    closed = api.post(f"/v1/jobs/{job}/close")
    assert closed.status_code == 200, closed.text
    assert closed.json()["next_step"] is None


def test_a_worker_that_dies_leaves_whole_parts_and_the_next_one_goes_on(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    codes = [code for street in range(10, 20) for code in communities(999, f"{DISTRICT}0{street}")]
    job = begin(api, register(codes))
    run_until_it_dies(gateway, commits=5)
    assert api.get(f"/v1/jobs/{job}").json()["state"] == "running"
    with gateway.database("stations") as store:
        here = store["jobs"].find_one({"_id": job})
        assert 0 < here["done"] < len(codes), "it died in the middle"
        assert store["areas"].count_documents({"_id": {"$in": codes}}) == here["done"], "whole parts alone"
    gateway.start(WORKER)
    done = ended(api, job)
    assert (done["taken"], done["unchanged"], done["bad"]) == (len(codes), 0, 0), "no row twice"
    until(lambda: _parts_left(gateway, job) == 0, "the file is deleted")
    gateway.stop(WORKER)


def _parts_left(gateway: RunningGateway, job: str) -> int:
    with gateway.database("stations") as store:
        return int(store["job_file_parts"].count_documents({"job_id": job}))


def needs_of(station_id: str, number: int) -> bytes:
    """Return a workbook of so many needs, three of them bad."""
    due = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y年%m月%d日 18:00")
    header = [
        "需求编号",
        "社工站编号",
        "标题",
        "主题",
        "截止时间",
        "经度（BD-09）",
        "纬度（BD-09）",
        "受益人数",
        "物品",
        "数量",
        "单位",
    ]
    rows: list[list[object]] = [
        [f"K-{n}", station_id, "送棉被", "养老", due, 116.35, 39.94, 1, "棉被", 1, "床"] for n in range(number)
    ]
    rows[3][9], rows[140][1], rows[-1][4] = "两", "station_of_nobody", "明天"
    return workbook(Sheet([header, *rows], "需求登记表"))


def test_a_workbook_of_needs_is_checked_killed_in_the_middle_gone_on_with_and_known_again(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    asked = {"kind": "needs", "format": "xlsx", "area": AREA}
    file = needs_of(station(api), 350)
    gateway.start(WORKER)
    dry = ended(api, begin(api, file, dry_run=True, **asked))
    assert (dry["taken"], dry["bad"]) == (347, 3)
    gateway.stop(WORKER, signal.SIGKILL)
    job = begin(api, file, **asked)
    run_until_it_dies(gateway, commits=4)
    with gateway.database("stations") as store:
        before = store["needs"].count_documents({})
        assert 0 < before < 347, "it died in the middle"
    gateway.start(WORKER)
    done = ended(api, job)
    assert (done["taken"], done["unchanged"], done["bad"]) == (347, 0, 3)
    again = ended(api, begin(api, file, **asked))
    assert (again["taken"], again["unchanged"], again["bad"]) == (0, 347, 3)
    gateway.stop(WORKER)
    with gateway.database("stations") as store:
        assert store["needs"].count_documents({}) == 347, "no row twice"
        rows = store["audit"].find({"what": "RegisterNeeds", "correlation": job})
        assert sum(len(row["about"]) for row in rows) >= 347, "each is on record, in the name of the actor"
    errors = api.get(f"/v1/jobs/{job}/errors").json()["items"]
    assert [(e["row"], e["column"], e["sheet"]) for e in errors] == [
        (5, "数量", "需求登记表"), (142, "社工站编号", "需求登记表"), (351, "截止时间", "需求登记表"),
    ]  # fmt: skip


PEOPLE = {
    "residents": ("residents", (270, 0, 1), [(272, "", "resident_likely_known")]),
    "workers": ("workers", (269, 0, 1), [(271, "证书编号", "certificate_held")]),
    "screenings": ("screening_results", (107, 0, 1), [(109, "单位", "unit_of_indicator")]),
}
"""Of each kind the collection, the rows taken in, unchanged and bad, and the errors."""


def test_people_and_results_of_files_are_taken_in_once_though_a_worker_dies_in_each(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    here = station(api)
    files = {
        "residents": residents_of(here, 271),
        "workers": workers_of(here, 270),
        "screenings": results_of(api, here, 36),
    }
    jobs = {}
    with gateway.database("stations") as store:
        before = {kind: store[PEOPLE[kind][0]].count_documents({}) for kind in files}

        def made(kind: str) -> int:
            return int(store[PEOPLE[kind][0]].count_documents({})) - before[kind]

        for kind, file in files.items():
            jobs[kind] = begin(api, file, kind=kind, area=AREA)
            run_until_it_dies(gateway, commits=3)  # begun, checked, and a part of the rows
            assert 0 < made(kind) < PEOPLE[kind][1][0], "it died in the middle"
        gateway.start(WORKER)
        for kind, (_, rows, problems) in PEOPLE.items():
            assert counts(ended(api, jobs[kind])) == rows
            errors = api.get(f"/v1/jobs/{jobs[kind]}/errors").json()["items"]
            assert [(e["row"], e["column"], e["problem"]["code"]) for e in errors] == problems
        again = {kind: begin(api, file, kind=kind, area=AREA) for kind, file in files.items()}
        for kind, (_, (taken, _, bad), _) in PEOPLE.items():
            assert counts(ended(api, again[kind])) == (0, taken, bad)
            assert made(kind) == taken, "none twice"
        gateway.stop(WORKER)
        alerts = [alert["severity"] for alert in store["alerts"].find({})]
        assert alerts == ["critical"] * 4, "each crossing is one alert"
        assert store["screening_needs"].count_documents({}) == 2, "each person in danger has one need"
        on_record = store["audit"].count_documents({"what": "RecordResults", "correlation": jobs["screenings"]})
        assert on_record == 107, "each is on record, in the name of the actor"


def test_a_job_that_waits_is_cancelled_and_a_fourth_one_is_refused(api: httpx.Client) -> None:
    jobs = [begin(api, register(communities(3, f"{DISTRICT}{n:03d}"))) for n in range(3)]
    fourth = api.post("/v1/imports", json={"kind": "areas", "area": DISTRICT})
    assert (fourth.status_code, fourth.json()["rule"]) == (409, "too_many_jobs")
    for job in jobs:
        assert api.post(f"/v1/jobs/{job}/cancel").json()["state"] == "cancelled"
    assert api.get("/v1/jobs", params={"state": "cancelled"}).json()["items"][0]["id"] == jobs[-1]


def test_a_file_too_large_or_of_another_form_takes_in_nothing(gateway: RunningGateway, api: httpx.Client) -> None:
    job = api.post("/v1/imports", json={"kind": "areas", "area": DISTRICT, "format": "csv"}).json()["id"]
    large = api.put(f"/v1/imports/{job}/file", content=bytes(16 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()["rule"]) == (413, "body_too_large")
    empty = api.put(f"/v1/imports/{job}/file", content=b"")
    assert (empty.status_code, empty.json()["rule"]) == (422, "import_file_empty")
    assert api.put(f"/v1/imports/{job}/file", content=workbook(Sheet([["区划代码"]]))).status_code == 200
    gateway.start(WORKER)
    failed = ended(api, job)
    gateway.stop(WORKER)
    assert (failed["problem"]["code"], failed["next_step"]["code"]) == ("file_is_of_another_form", "see_to_failed_job")
    with gateway.client(gateway.key("reader")) as reader:
        assert reader.get(f"/v1/jobs/{job}").status_code == 403, "jobs are private"


def test_an_operator_lists_shows_and_cancels_jobs(gateway: RunningGateway, api: httpx.Client) -> None:
    job = begin(api, register(communities(2, f"{DISTRICT}777")))
    named = {"LIANSHAN_GATEWAY_URL": gateway.url, "LIANSHAN_ADMIN_TOKEN": gateway.key_file.read_text().strip()}
    environment = {**gateway.room.environment, **named}
    listed = json.loads(lianshan(environment, "jobs", "list", "--state", "waiting", "--json").stdout)
    assert [one["id"] for one in listed] == [job]
    shown = lianshan(environment, "jobs", "show", job, "--lang", "zh").stdout
    assert job in shown
    assert "等待处理进程" in shown
    cancelled = lianshan(environment, "jobs", "cancel", job, "--lang", "en")
    assert cancelled.stdout.strip() == f"{job} is cancelled; 0 rows were decided before"
    again = lianshan(environment, "jobs", "show", "job_of_nobody")
    assert (again.returncode, "job_of_nobody" in again.stderr) == (1, True)
