"""Keys over HTTP: shown once, bounded by area and role, and personal data for those alone that may read it."""

import json
import stat

import httpx
import pytest
from gateway_stack import ELSEWHERE, STREET, RunningGateway, created, need, station, until, volunteer, whole_feed

pytestmark = pytest.mark.integration


def test_the_admin_key_is_in_its_file_alone(gateway: RunningGateway) -> None:
    key = gateway.key_file.read_text().strip()
    assert stat.S_IMODE(gateway.key_file.stat().st_mode) == 0o600
    assert key not in gateway.log("gateway")
    with gateway.database() as database:
        assert key not in json.dumps(list(database["keys"].find({})), default=str)


def test_each_request_is_in_the_access_log_with_its_key_and_without_an_id(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    answer = api.get("/v1/needs/need_unknown")
    correlation = answer.headers["x-correlation-id"]

    def logged() -> list[dict[str, object]]:
        files = (gateway.folder / "access").glob("access-*.jsonl")
        lines = [json.loads(line) for path in files for line in path.read_text().splitlines()]
        return [line for line in lines if line["correlation"] == correlation]

    (line,) = until(logged, "the line is written")
    assert (line["key"], line["path"], line["status"]) == ("key_admin", "/v1/needs/{need_id}", 404)
    assert line["from"] == "127.0.0.1"
    assert "need_unknown" not in str(line)


def test_names_are_told_only_to_keys_that_may_and_that_is_recorded(gateway: RunningGateway, api: httpx.Client) -> None:
    who = created(api, "/v1/volunteers", volunteer(name="Sun Example"))
    giver = created(api, "/v1/donors", {"name": "Li Example", "phone": "13800000000"})
    need_id = created(api, "/v1/needs", need(station(api)))
    with gateway.client(gateway.key("reader")) as reader:
        for path in (f"volunteers/{who}", f"donors/{giver}", f"needs/{need_id}"):
            until(lambda path=path: reader.get(f"/v1/{path}").is_success, f"{path} is shown")  # type: ignore[misc]
        assert reader.get(f"/v1/volunteers/{who}").json()["name"] is None
        assert reader.get(f"/v1/donors/{giver}").json()["phone"] is None
        read = reader.get(f"/v1/needs/{need_id}").json()
        assert (read["title"], read["location"]) == (None, None)
        assert reader.get("/v1/needs").json()["items"][0]["title"] is None
    with gateway.client(gateway.key("reader", "personal_reader")) as trusted:
        assert trusted.get(f"/v1/volunteers/{who}").json()["name"] == "Sun Example"
        assert trusted.get(f"/v1/donors/{giver}").json()["name"] == "Li Example"
        assert trusted.get(f"/v1/needs/{need_id}").json()["title"] == need("")["title"]
    with gateway.database("volunteering") as database:
        rule = {"about": who, "what": "volunteer"}
        until(lambda: database["audit"].count_documents(rule) == 1, "one row about the reading")


def test_a_key_for_an_area_reads_and_writes_nothing_elsewhere(gateway: RunningGateway, api: httpx.Client) -> None:
    here, there = station(api), station(api, ELSEWHERE)
    far_need = created(api, "/v1/needs", need(there))
    until(lambda: api.get(f"/v1/needs/{far_need}").is_success, "the need is shown to those who may see it")
    with gateway.client(gateway.key("platform", area=STREET)) as street:
        listed = {item["id"] for item in street.get("/v1/stations", params={"limit": 200}).json()["items"]}
        assert here in listed
        assert there not in listed
        assert street.get("/v1/stations", params={"area": ELSEWHERE}).status_code == 403
        assert street.get(f"/v1/needs/{far_need}").status_code == 404
        assert street.post("/v1/needs", json=need(there)).status_code == 404
        assert street.post(f"/v1/needs/{far_need}/cancel").status_code == 404
        assert street.post("/v1/needs", json=need(here)).status_code == 201
        (item,) = street.post("/v1/needs:batch", json={"needs": [need(there)]}).json()["items"]
        assert item["status"] == 404
        assert street.post("/v1/volunteers", json=volunteer(area=ELSEWHERE)).status_code == 403
        assert all(item["event"]["area"].startswith(STREET) for item in whole_feed(street))


def test_keys_are_shown_once_listed_without_themselves_and_refused_after_they_are_revoked(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    body = {"name": "An agency", "roles": ["reader"]}
    first = api.post("/v1/keys", json=body, headers={"Idempotency-Key": "agency"}).json()
    again = api.post("/v1/keys", json=body, headers={"Idempotency-Key": "agency"}).json()
    assert (again["id"], again["key"]) == (first["id"], None)
    other = api.post("/v1/keys", json={**body, "name": "Another"}, headers={"Idempotency-Key": "agency"})
    assert other.status_code == 422
    assert first["key"] not in api.get("/v1/keys", params={"limit": 200}).text
    with gateway.client(first["key"]) as agency:
        assert agency.get("/v1/stations").status_code == 200
        assert agency.post("/v1/stations", json={}).status_code == 403
        assert agency.get("/v1/keys").status_code == 403
        assert api.delete(f"/v1/keys/{first['id']}").status_code == 204
        assert agency.get("/v1/stations").status_code == 401
    assert api.delete(f"/v1/keys/{first['id']}").status_code == 404
    assert api.delete("/v1/keys/key_admin").status_code == 409
