"""A principal is the same under each of its keys: nothing is done twice, and its own names find its things."""

from typing import Final

import pytest
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, created, need, station, volunteer
from waiting import eventually

pytestmark = pytest.mark.integration
FREE: Final = f"{STREET}099"
"""A community without a station."""


def test_a_request_repeated_with_the_next_key_of_the_same_principal_does_nothing_twice(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        here = station(admin)
    asked = need(here)
    ids = []
    for _ in range(2):
        with gateway.client(gateway.key("platform", principal="principal_rotates")) as client:
            ids.append(created(client, "/v1/needs", asked, **{"Idempotency-Key": "rotated"}))
    assert ids[0] == ids[1]


def test_the_answer_to_a_wider_key_is_not_repeated_to_a_narrower_one_of_the_principal(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        there = station(admin, ELSEWHERE)
    named = {"Idempotency-Key": "first"}
    with gateway.client(gateway.key("platform", principal="p_wide")) as wide:
        drafted = created(wide, "/v1/needs", {**need(there), "publish": False})
        assert wide.post(f"/v1/needs/{drafted}/publish", headers=named).status_code == 200
    with gateway.client(gateway.key("platform", principal="p_wide", area=STREET)) as narrow:
        again = narrow.post(f"/v1/needs/{drafted}/publish", headers=named)
        assert (again.status_code, again.json()["rule"]) == (422, "key_of_another_request")
        assert narrow.post(f"/v1/needs/{drafted}/publish").status_code == 404


def test_no_key_acts_for_the_platform_itself(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        answer = admin.post("/v1/keys", json={"name": "key", "roles": ["reader"], "principal": "system"})
        assert (answer.status_code, answer.json()["rule"]) == (422, "principal_reserved")


def test_a_thing_is_found_and_shown_by_the_name_that_its_principal_gave_it(gateway: RunningGateway) -> None:
    with gateway.client(gateway.key("platform", principal="p_names")) as mine, gateway.client() as admin:
        assert admin.post("/v1/areas:batch", json={"rows": [{"code": FREE, "name": "Free"}]}).status_code == 200
        here = created(
            mine, "/v1/stations", {"area": FREE, "name": "Station", "level": "station", "external_id": "s-1"}
        )
        posted = {
            "/v1/stations": None,
            "/v1/needs": need(here),
            "/v1/donors": {"name": "Elm"},
            "/v1/funds": {"area": AREA, "name": "Fund"},
            "/v1/donations": {"station_id": here, "goods": [{"item": "rice", "quantity": 1, "unit": "bag"}]},
            "/v1/volunteers": volunteer(),
        }
        for path, body in posted.items():
            thing = here if body is None else None
            if body is not None:
                answer = mine.post(path, json={**body, "external_id": "s-1"})
                assert (answer.status_code, answer.json()["external_id"]) == (201, "s-1"), answer.text
                thing = answer.json()["id"]
                again = mine.post(path, json={**body, "external_id": "s-1"})
                assert (again.status_code, thing in again.text) == (409, True), again.text

            def shown(path: str = path, thing: str | None = thing) -> None:
                (listed,) = mine.get(path, params={"external_id": "s-1"}).json()["items"]
                assert (listed["id"], listed["external_id"]) == (thing, "s-1")
                assert mine.get(f"{path}/{thing}").json()["external_id"] == "s-1"

            eventually(shown)
            assert mine.get(path, params={"external_id": "nothing"}).json()["items"] == []
            assert admin.get(path, params={"external_id": "s-1"}).json()["items"] == []
            assert "external_id" not in admin.get(f"{path}/{thing}").json()
