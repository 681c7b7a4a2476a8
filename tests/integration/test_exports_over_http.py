"""Exports of reports over HTTP: files that a worker writes, also after the death of one."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway
from waiting import eventually, until

from services.gateway.features.reports.need_rows import NeedRow
from services.gateway.following.counting import live
from shared.tables.workbook import read_workbook

pytestmark = pytest.mark.integration
WORKER = "gateway.exports"
FAR = "659001001"
"""A street in which nothing but MANY rows happens."""
MANY = 2_300


@pytest.fixture
def many_rows(gateway: RunningGateway) -> Iterator[None]:
    """Put so many needs into the view of the report, as a projector would have counted them over years."""
    with gateway.database() as store:
        rows = live(store, "reports", NeedRow.collection)
        needs = (
            NeedRow(
                id=f"need_far{number:05d}", area=f"{FAR}{number % 7:03d}", theme="health", seen=1,
                days={"registered": f"2020-03-{number % 28 + 1:02d}", "ready": "2020-03-30"},
                labels={"state": "ready"}, amounts={"beneficiaries": 1, "published_ready": number},
            ).to_document()
            for number in range(MANY)
        )  # fmt: skip
        rows.insert_many(needs)
        yield
        rows.delete_many({"area": {"$gte": FAR, "$lt": f"{FAR}:"}})


def begin(api: httpx.Client, **asked: Any) -> str:
    begun = api.post("/v1/exports", json={"report": "needs", "area": FAR, "period": "2020-03", **asked})
    assert begun.status_code == 201, begun.text
    assert (begun.json()["state"], begun.json()["file"]) == ("waiting", None)
    path: str = begun.headers["Location"]
    return path


def ended(api: httpx.Client, path: str) -> dict[str, Any]:
    def look() -> dict[str, Any]:
        found: dict[str, Any] = api.get(path).json()
        assert found["state"] in {"done", "failed", "cancelled"}, found
        return found

    return eventually(look)


def lines_of(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode("utf-8-sig"), newline="")))


def sheet_of(file: bytes) -> list[list[str]]:
    return [[str(cell) for cell in row.cells] for row in read_workbook(lambda: iter([file]), None)]


@pytest.mark.usefixtures("many_rows")
def test_a_worker_that_dies_in_an_export_leaves_nothing_and_the_next_one_writes_it_whole(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    path = begin(api, figure="registered", format="xlsx", language="zh")
    gateway.start(WORKER, failpoints="during_export=kill@3")
    until(lambda: gateway.processes[WORKER].poll() is not None, "the worker dies")
    gateway.processes.pop(WORKER)
    assert api.get(path).json()["state"] == "running"
    assert api.get(f"{path}/file").status_code == 409
    plain = begin(api, figure="registered", bom=True)
    with gateway.database() as store:
        # Its lease has ended: nobody waits ten seconds for that.
        store["exports"].update_one(
            {"_id": path.rpartition("/")[2]}, {"$set": {"until": datetime(2020, 1, 1, tzinfo=UTC)}}
        )
    gateway.start(WORKER)
    done, of_csv = ended(api, path), ended(api, plain)
    assert (done["state"], done["rows"], done["total"]) == (of_csv["state"], of_csv["rows"], of_csv["total"])
    assert (done["state"], done["rows"], done["total"]) == ("done", MANY, MANY)
    file = api.get(done["file"])
    assert (file.headers["content-length"], len(file.content)) == (str(done["size"]), done["size"])
    head, *rows = sheet_of(file.content)
    assert head[:5] == ["编号", "路径", "区划代码", "主题", "主题代码"]
    ids = [row[0] for row in rows]
    assert ids == [line["id"] for line in lines_of(api.get(of_csv["file"]).content)]
    assert (len(ids), len(set(ids))) == (MANY, MANY), "each once"
    exact = ended(api, begin(api, exact=True, figure=None))
    (ready,) = (line for line in lines_of(api.get(exact["file"]).content) if line["figure code"] == "published_ready")
    assert [ready[name] for name in ready if "minutes" in name] == ["1149", "2069", "2276"]
    gateway.stop(WORKER)


def test_an_export_is_begun_once_and_is_its_principals_alone(gateway: RunningGateway, api: httpx.Client) -> None:
    asked, key = {"report": "needs", "area": AREA}, {"Idempotency-Key": f"export-{datetime.now(UTC).timestamp()}"}
    first, again = (api.post("/v1/exports", json=asked, headers=key) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    other = api.post("/v1/exports", json={**asked, "bom": True}, headers=key)
    assert (other.status_code, other.json()["rule"]) == (422, "export_of_another_request")
    path = first.headers["Location"]
    with gateway.client(gateway.key("supervisor", area=STREET)) as street:
        assert street.get(path).status_code == street.get(f"{path}/file").status_code == 404
        assert street.post(f"{path}/cancel").status_code == street.delete(path).status_code == 404
        assert path not in str(street.get("/v1/exports").json())
        assert street.post("/v1/exports", json={**asked, "area": ELSEWHERE}).status_code == 403
        for number in range(3):
            assert street.post("/v1/exports", json={"report": "stations", "bom": bool(number % 2)}).status_code == 201
        full = street.post("/v1/exports", json={"report": "stations"})
        assert (full.status_code, full.json()["rule"]) == (409, "too_many_open_exports")
        for each in street.get("/v1/exports").json()["items"]:
            assert street.delete(f"/v1/exports/{each['id']}").status_code == 204
    with gateway.client(gateway.key("charity_officer")) as officer:
        assert officer.post("/v1/exports", json={"report": "supervision"}).status_code == 403
    cancelled = api.post(f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert api.post(f"{path}/cancel").json()["version"] == cancelled.json()["version"]
    assert api.get(f"{path}/file").json()["rule"] == "export_without_file"
    with gateway.database() as store:
        acts = [row["what"] for row in store["audit"].find({"about": path.rpartition("/")[2]})]
    assert sorted(acts) == ["BeginExport", "CancelExport"]
    assert api.delete(path).status_code == 204


def test_an_export_is_found_by_the_name_that_its_principal_has_given(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    asked = {"report": "stations", "area": STREET, "external_id": "monthly-2026-03"}
    named = api.post("/v1/exports", json=asked)
    assert (named.status_code, named.json()["external_id"]) == (201, "monthly-2026-03")
    path = named.headers["Location"]
    assert api.get(path).json()["external_id"] == "monthly-2026-03"
    again = api.post("/v1/exports", json=asked)
    assert (again.status_code, again.json()["rule"]) == (409, "external_id_taken")
    assert again.json()["errors"][0]["field"] == "external_id"
    assert path.rpartition("/")[2] in again.text, "the refusal names the one that has it"
    (found,) = api.get("/v1/exports", params={"external_id": "monthly-2026-03"}).json()["items"]
    assert found["id"] == named.json()["id"]
    assert api.get("/v1/exports", params={"external_id": "another"}).json()["items"] == []
    waiting = api.get("/v1/exports", params={"state": "waiting", "limit": 200}).json()["items"]
    assert found["id"] in {each["id"] for each in waiting}
    assert found["id"] not in str(api.get("/v1/exports", params={"state": ["done", "failed"]}).json())
    with gateway.client(gateway.key("supervisor", area=STREET)) as street:
        other = street.post("/v1/exports", json=asked)
        assert other.status_code == 201, "the name is another principal's, too"
        seen = api.get(other.headers["Location"]).json()
        assert "external_id" not in seen, "the administrator sees the export without its principal's name"
        assert street.delete(other.headers["Location"]).status_code == 204
    with gateway.database() as store:
        assert "monthly-2026-03" not in str(store["exports"].find_one({"_id": found["id"]}))
    assert api.delete(path).status_code == 204
    once_more = api.post("/v1/exports", json=asked)
    assert once_more.status_code == 201, "a name is free again with its export"
    assert api.delete(once_more.headers["Location"]).status_code == 204


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ({"report": "stations", "theme": "health"}, "theme_of_needs_alone"),
        ({"report": "needs", "exact": True, "figure": "registered"}, "exact_without_times"),
        ({"report": "needs", "format": "xlsx", "bom": True}, "mark_of_csv_alone"),
        ({"report": "people", "figure": "residents"}, "unknown_figure"),
        ({"report": "needs", "period": "2026-02-30"}, "not_a_period"),
    ],
)
def test_an_export_that_cannot_be_is_refused(api: httpx.Client, asked: dict[str, Any], rule: str) -> None:
    told = api.post("/v1/exports", json=asked)
    assert (told.status_code, told.json()["errors"][0]["rule"]) == (422, rule)
