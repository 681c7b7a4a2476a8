"""Plain features over HTTP: organisations, the work list and the coverage of an area, with the services behind them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from gateway_stack import AREA, ELSEWHERE, NOWHERE, STREET, RunningGateway, created, need, station, until, whole_feed
from waiting import eventually

pytestmark = pytest.mark.integration
FACTS: dict[str, Any] = {
    "name": "榆树馆社区服务中心",
    "credit_code": "52110102MJ0123456B",
    "kind": "social_service_institution",
    "roles": ["social_organisation"],
    "area": STREET,
    "areas": [AREA],
}


@pytest.fixture(scope="module")
def organisation_id(gateway: RunningGateway) -> str:
    with gateway.client() as client:
        return created(client, "/v1/organisations", FACTS)


def counts(api: httpx.Client, **params: str) -> dict[tuple[str, str], int]:
    answer = api.get("/v1/organisations:count", params=params).json()
    assert answer["total"] == sum(item["count"] for item in answer["items"])
    return {(item["values"]["kind"], item["values"]["state"]): item["count"] for item in answer["items"]}


def test_an_organisation_is_read_listed_and_found_by_its_filters(api: httpx.Client, organisation_id: str) -> None:
    def is_shown() -> None:
        shown = api.get(f"/v1/organisations/{organisation_id}").json()
        assert {name: shown[name] for name in FACTS} == FACTS

    eventually(is_shown)
    for name, value in {
        "kind": FACTS["kind"],
        "roles": "social_organisation",
        "areas": AREA,
        "credit_code": FACTS["credit_code"],
        "area": "110102",
        "may_fundraise": "false",
    }.items():
        found = api.get("/v1/organisations", params={name: value}).json()["items"]
        assert organisation_id in {item["id"] for item in found}, name
    assert api.get("/v1/organisations", params={"kind": "enterprise"}).json()["items"] == []
    assert api.get("/v1/organisations", params={"colour": "red"}).status_code == 422


def test_a_wrong_check_character_names_the_field(api: httpx.Client) -> None:
    told = api.post("/v1/organisations", json={**FACTS, "credit_code": "52110102MJ0123456A"})
    assert told.status_code == 422
    (error,) = told.json()["errors"]
    assert (error["field"], error["rule"]) == ("credit_code", "not_a_credit_code")


def test_an_organisation_lives_and_its_history_counts_and_task_follow(api: httpx.Client) -> None:
    facts = {**FACTS, "credit_code": "531100005000123450", "kind": "foundation", "area": AREA}
    made = api.post("/v1/organisations", json=facts)
    path = f"/v1/organisations/{made.json()['id']}"
    assert api.post(f"{path}/suspend", json={"reason": "inspection_failed"}).json()["state"] == "suspended"

    def follows(state: str) -> None:
        assert counts(api, area=AREA)[("foundation", state)] == 1

    reviews = {"area": AREA, "code": "review_suspension"}

    def asks_for_review() -> None:
        (task,) = [one for one in api.get("/v1/tasks", params=reviews).json()["items"] if one["path"] == path]
        assert not task["overdue"]

    eventually(lambda: follows("suspended"))
    eventually(asks_for_review)
    shown = api.get(path, headers={"Accept-Language": "zh"}).json()["next_step"]
    assert (shown["code"], shown["text"]) == ("review_suspension", "复核暂停：恢复或终止")
    late = api.post(f"{path}/resume", headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert api.post(f"{path}/resume").json()["state"] == "active"
    assert api.post(f"{path}/end", json={"reason": "merged"}).json()["state"] == "ended"
    eventually(lambda: follows("ended"))

    def whole_history() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = api.get(f"{path}/history").json()["items"]
        assert [item["happened"] for item in items] == ["registered", "suspended", "resumed", "ended"]
        return items

    items = eventually(whole_history)
    assert items[-1]["changed"] == {"state": "ended", "reason": "merged"}
    page = api.get(f"{path}/history", params={"limit": 2}).json()
    rest = api.get(f"{path}/history", params={"after": page["next"]}).json()
    assert [*page["items"], *rest["items"]] == items
    again = api.post(f"{path}/end", json={"reason": "merged"})
    assert (again.status_code, again.json()["rule"]) == (409, "organisation_not_in_state")


def test_a_breach_is_in_the_work_list_until_the_authority_and_the_people_were_notified(api: httpx.Client) -> None:
    found_at = datetime.now(UTC) - timedelta(hours=5)
    facts = {
        "area": AREA, "kind": "disclosed", "found_at": found_at.isoformat(), "categories": ["names", "contacts"],
        "people_least": 900_000, "people_most": 1_200_000, "cause": "intrusion", "harms": ["fraud"],
    }  # fmt: skip
    path = f"/v1/breaches/{created(api, '/v1/breaches', facts)}"

    def task() -> tuple[str, bool]:
        tasks = api.get("/v1/tasks", params={"area": AREA}).json()["items"]
        return next(((one["code"], one["overdue"]) for one in tasks if one["path"] == path), ("", False))

    until(lambda: task() == ("notify_authority", True), "a task, as four hours are over")
    reminded = until(lambda: api.get(path).json()["reminder"], "a reminder, at once")
    assert (reminded["step"], reminded["level"], reminded["area"]) == ("notify_authority", "station", AREA)
    assert api.post(f"{path}/notify-people", json={}).json()["errors"][0]["rule"] == "notice_or_reason"
    now = datetime.now(UTC).isoformat()
    assert api.post(f"{path}/notify-authority", json={"at": now}).json()["state"] == "open"
    until(lambda: task() == ("notify_people", False), "the next task")
    assert api.post(f"{path}/notify-people", json={"at": now}).json()["state"] == "notified"
    assert api.post(f"{path}/close", json={}).json()["next_step"] is None

    def whole_history() -> None:
        happened = [item["happened"] for item in api.get(f"{path}/history").json()["items"]]
        assert happened == ["recorded", "overdue", "authority_notified", "people_notified", "closed"]

    eventually(whole_history)


def test_a_breach_is_nowhere_for_a_key_that_may_not_handle_it(gateway: RunningGateway, api: httpx.Client) -> None:
    facts = {
        "area": AREA, "kind": "lost", "found_at": datetime.now(UTC).isoformat(), "categories": ["names"],
        "people_least": 1, "people_most": 1, "cause": "lost_device", "harms": ["none_likely"],
    }  # fmt: skip
    path = f"/v1/breaches/{(breach := created(api, '/v1/breaches', facts))}"
    # By their codes: a page holds 100 of the area's tasks, and other tests leave more.
    place = {"area": AREA, "limit": 100, "code": ["notify_authority", "notify_people", "close_breach"]}
    with gateway.client(gateway.key("reader")) as reader:
        for shown in ("/v1/breaches", "/v1/breaches:count", path, f"{path}/history"):
            told = reader.get(shown)
            assert (told.status_code, told.json()["args"]["permission"]) == (403, "breaches:manage")
        assert until(lambda: breach in api.get("/v1/tasks", params=place).text, "the task of the officer")
        assert breach not in reader.get("/v1/tasks", params=place).text
        assert breach in str(whole_feed(api))
        assert breach not in str(whole_feed(reader))


def test_an_organisation_elsewhere_looks_like_an_unknown_one(gateway: RunningGateway, organisation_id: str) -> None:
    with gateway.client(gateway.key("supervisor", area=NOWHERE)) as east:
        for path in (organisation_id, "organisation_x"):
            assert east.get(f"/v1/organisations/{path}").status_code == 404
            assert east.get(f"/v1/organisations/{path}/history").status_code == 404
            assert east.post(f"/v1/organisations/{path}/end", json={"reason": "left"}).status_code == 404
        assert east.post("/v1/organisations", json=FACTS).status_code == 403
        assert east.get("/v1/organisations:count").json() == {"total": 0, "items": []}


def test_a_key_without_the_permission_changes_no_organisation(gateway: RunningGateway, organisation_id: str) -> None:
    with gateway.client(gateway.key("charity_officer")) as officer:
        told = officer.post(f"/v1/organisations/{organisation_id}/end", json={"reason": "left"})
        assert (told.status_code, told.json()["args"]["permission"]) == (403, "organisations:manage")
        assert "role: " in told.json()["detail"], "the administrator learns which role to give"


def test_the_work_list_of_a_station_goes_on_where_its_page_ended(api: httpx.Client) -> None:
    station_id = station(api)
    for _ in range(3):
        created(api, "/v1/needs", need(station_id, publish=False, urgency="normal"))
    params: dict[str, Any] = {"station_id": station_id, "limit": 2}
    every = {"station_id": station_id}
    until(lambda: len(api.get("/v1/tasks", params=every).json()["items"]) == 3, "three tasks")
    first = api.get("/v1/tasks", params=params).json()
    rest = api.get("/v1/tasks", params={**params, "after": first["next"]}).json()
    items = [*first["items"], *rest["items"]]
    assert [item["code"] for item in items] == ["publish_need"] * 3
    assert [item["due"] for item in items] == sorted(item["due"] for item in items)
    unknown = api.get("/v1/tasks", params={**params, "code": "publish_everything"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "code.0")
    api.post(f"{items[0]['path']}/cancel")

    def the_others_are_left() -> None:
        left = api.get("/v1/tasks", params=every).json()["items"]
        assert {item["id"] for item in left} == {item["id"] for item in items[1:]}

    eventually(the_others_are_left)


def test_the_coverage_of_an_area_is_that_of_its_stations(gateway: RunningGateway, api: httpx.Client) -> None:
    station(api)

    def covered() -> None:
        found = api.get("/v1/coverage", params={"area": AREA}).json()
        assert (found["communities"], found["established"], found["pending"]) == (1, 1, 0)

    eventually(covered)
    second = api.post("/v1/stations", json={"area": AREA, "name": "A second station", "level": "station"})
    assert (second.status_code, second.json()["rule"]) == (409, "held_by_another")
    assert api.get("/v1/coverage", params={"area": "990000"}).status_code == 422
    with gateway.client(gateway.key("reader", area=STREET)) as street:
        assert street.get("/v1/coverage", params={"area": ELSEWHERE}).status_code == 403
        assert {item["code"][:9] for item in street.get("/v1/coverage").json()["items"]} == {STREET}


def test_a_parameter_of_a_path_that_takes_none_is_refused_in_words(api: httpx.Client) -> None:
    answer = api.get("/v1/events/snapshot", params={"area": "110102"})
    assert (answer.status_code, answer.json()["rule"]) == (422, "no_parameters")
    assert answer.json()["detail"] == "There is no parameter area: this path takes none."
