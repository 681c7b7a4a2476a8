"""Files of offices over HTTP: sent, checked, decided row by row by a worker, also after the death of one."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from gateway_stack import EVERYONE, RunningGateway, import_areas, running_gateway
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
    """Begin an import of areas and send its file; return the id of the job."""
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
    assert [row[0] for row in csv.reader(io.StringIO(lines))] == ["row", "4", "5", "6"]
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
    gateway.start(WORKER, failpoints="after_commit=kill@5")
    until(lambda: gateway.processes[WORKER].poll() is not None, "the worker dies")
    gateway.processes.pop(WORKER)
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
