"""Keys over HTTP: shown once, bounded by area and role, and personal data for those alone that may read it."""

import json
import stat
import time
from datetime import UTC, datetime, timedelta
from typing import Any

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


def stored(gateway: RunningGateway, key_id: str) -> dict[str, Any]:
    with gateway.database() as database:
        return dict(database["keys"].find_one({"_id": key_id}))


def change_stored(gateway: RunningGateway, key_id: str, **fields: Any) -> None:
    with gateway.database() as database:
        assert database["keys"].update_one({"_id": key_id}, {"$set": fields}).matched_count == 1


def key_made(api: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = api.post("/v1/keys", json={"name": "An agency", "roles": ["reader"], **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_rotated_key_goes_on_for_the_overlap_beside_the_one_that_replaces_it(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    old = key_made(api, area=STREET, requests_per_second=50)
    asked = {"json": {"overlap_hours": 2}, "headers": {"Idempotency-Key": "rotation"}}
    path = f"/v1/keys/{old['id']}/rotate"
    answer = api.post(path, **asked)  # type: ignore[arg-type]
    new = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/keys/{new['id']}")
    for name in ("name", "roles", "area", "principal", "requests_per_second"):
        assert new[name] == old[name]
    for key in (old, new):
        with gateway.client(key["key"]) as holder:
            assert holder.get("/v1/stations").status_code == 200
    listed = {item["id"]: item for item in api.get("/v1/keys", params={"limit": 200}).json()["items"]}
    ends = datetime.fromisoformat(listed[old["id"]]["expires_at"]) - datetime.fromisoformat(new["created_at"])
    assert (ends, listed[old["id"]]["replaced_by"]) == (timedelta(hours=2), new["id"])
    again = api.post(path, **asked).json()  # type: ignore[arg-type]
    assert (again["id"], again["key"]) == (new["id"], None)
    twice = api.post(path, json={})
    assert (twice.status_code, twice.json()["rule"]) == (409, "key_replaced")
    assert api.post("/v1/keys/key_admin/rotate").json()["rule"] == "first_key_stays"
    assert api.post("/v1/keys/key_of_nobody/rotate").status_code == 404
    with gateway.database() as database:
        (row,) = database["audit"].find({"what": "RotateKey", "about": old["id"]})
    assert (row["about"], row["areas"]) == ([old["id"], new["id"]], [STREET])


def test_a_key_that_others_have_seen_is_rotated_without_an_overlap(gateway: RunningGateway, api: httpx.Client) -> None:
    old = key_made(api)
    new = api.post(f"/v1/keys/{old['id']}/rotate", json={"overlap_hours": 0}).json()
    with gateway.client(old["key"]) as former, gateway.client(new["key"]) as holder:
        refused = former.get("/v1/stations")
        assert (refused.status_code, refused.json()["rule"]) == (401, "key_has_ended")
        assert holder.get("/v1/stations").status_code == 200
    other = api.post(f"/v1/keys/{new['id']}/rotate", json={"expires_at": "2020-01-01T00:00:00Z"})
    assert (other.status_code, other.json()["rule"]) == (422, "key_ends_in_past")


def test_a_key_is_refused_from_its_end_on(gateway: RunningGateway, api: httpx.Client) -> None:
    made = key_made(api, expires_at="2999-01-01T00:00:00Z")
    assert made["expires_at"] == "2999-01-01T00:00:00Z"
    change_stored(gateway, made["id"], expires_at=datetime.now(UTC) - timedelta(seconds=10))
    with gateway.client(made["key"]) as holder:
        refused = holder.get("/v1/stations")
    assert (refused.status_code, refused.json()["rule"]) == (401, "key_has_ended")
    ended = api.post(f"/v1/keys/{made['id']}/rotate")
    assert (ended.status_code, ended.json()["rule"]) == (409, "key_has_ended")
    past = api.post("/v1/keys", json={"name": "n", "roles": ["reader"], "expires_at": "2020-01-01T00:00:00Z"})
    assert (past.status_code, past.json()["rule"]) == (422, "key_ends_in_past")


def test_the_last_use_of_a_key_is_kept_once_a_minute(gateway: RunningGateway, api: httpx.Client) -> None:
    made = key_made(api)
    assert "last_used_at" not in stored(gateway, made["id"])
    with gateway.client(made["key"]) as holder:
        holder.get("/v1/stations")
        first = stored(gateway, made["id"])["last_used_at"]
        # As another replica would: its cache does not know the key yet.
        change_stored(gateway, made["id"], last_used_at=first - timedelta(seconds=50))
        api.delete("/v1/keys/key_of_nobody")  # empties the cache
        holder.get("/v1/stations")
        assert stored(gateway, made["id"])["last_used_at"] == first - timedelta(seconds=50)
        change_stored(gateway, made["id"], last_used_at=first - timedelta(seconds=70))
        api.delete("/v1/keys/key_of_nobody")
        holder.get("/v1/stations")
        assert stored(gateway, made["id"])["last_used_at"] >= first


def test_a_key_with_a_rate_of_its_own_is_held_to_it(gateway: RunningGateway, api: httpx.Client) -> None:
    made = key_made(api, requests_per_second=1)
    with gateway.client(made["key"]) as holder:
        answers = [holder.get("/v1/stations").status_code for _ in range(12)]
    assert (answers[0], answers[-1]) == (200, 429)


def test_a_key_of_release_0_2_0_goes_on_as_it_was(gateway: RunningGateway, api: httpx.Client) -> None:
    made = key_made(api)
    with gateway.database() as database:
        fields = dict.fromkeys(("expires_at", "requests_per_second", "last_used_at", "replaced_by"), "")
        database["keys"].update_one({"_id": made["id"]}, {"$unset": fields})
    with gateway.client(made["key"]) as holder:
        assert holder.get("/v1/stations").status_code == 200
    assert api.post(f"/v1/keys/{made['id']}/rotate").status_code == 201


@pytest.mark.parametrize("by", ["revocation", "end"])
def test_an_open_stream_ends_within_five_seconds_once_its_key_does(
    gateway: RunningGateway, api: httpx.Client, by: str
) -> None:
    made = key_made(api)
    with gateway.client(made["key"]) as holder, holder.stream("GET", "/v1/events/stream") as answer:
        assert answer.status_code == 200
        # In the store alone: as it looks to this replica where another one does it.
        with gateway.database() as database:
            if by == "revocation":
                database["keys"].delete_one({"_id": made["id"]})
            else:
                ended = datetime.now(UTC) - timedelta(seconds=10)
                database["keys"].update_one({"_id": made["id"]}, {"$set": {"expires_at": ended}})
        began = time.monotonic()
        for _ in answer.iter_raw():
            pass
        assert time.monotonic() - began < 5
