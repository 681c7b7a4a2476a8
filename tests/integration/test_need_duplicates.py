"""A need that may be registered twice is warned of in the answer to its registration, and merged."""

import pytest
from gateway_stack import ELSEWHERE, STREET, RunningGateway, created, need, station

pytestmark = pytest.mark.integration
THERE = {"lon": 100.12, "lat": 30.12}
"""A place where no other test has needs."""


def test_a_second_need_of_the_same_place_and_theme_is_warned_of_within_the_callers_area(
    gateway: RunningGateway,
) -> None:
    with gateway.client() as api, gateway.client(gateway.key("supervisor", area=STREET)) as street:
        here, far = station(api), station(api, ELSEWHERE)
        first = created(api, "/v1/needs", need(here, location=THERE))
        away = created(api, "/v1/needs", need(far, location=THERE))
        other = api.post("/v1/needs", json=need(here, location={"lon": 100.14, "lat": 30.12})).json()
        assert other["possible_duplicates"] == []
        answer = street.post("/v1/needs", json=need(here, location=THERE)).json()
        assert [found["id"] for found in answer["possible_duplicates"]] == [first], "none of another street"
        codes = [part["code"] for part in answer["possible_duplicates"][0]["alike"]]
        assert codes[0] == "alike_place_and_theme"
        assert "alike_station" in codes
        everywhere = api.get(f"/v1/needs/{answer['id']}/duplicates").json()["items"]
        assert {found["id"] for found in everywhere} == {first, away}
        ended = street.post(f"/v1/needs/{answer['id']}/merge", json={"into_id": first}).json()
        assert (ended["state"], ended["merged_into"]) == ("cancelled", first)
        assert street.get(f"/v1/needs/{first}/duplicates").json()["items"] == [], "one that was merged is none any more"


def test_each_need_of_a_batch_is_warned_of_by_itself(gateway: RunningGateway) -> None:
    with gateway.client() as api:
        here, place = station(api), {"lon": 100.32, "lat": 30.32}
        bodies = [need(here, location=place), need(here, location={"lon": 100.36, "lat": 30.32}), {"no": "need"}]
        first, alone, refused = api.post("/v1/needs:batch", json={"needs": bodies}).json()["items"]
        assert refused["status"] != 201
        again = api.post("/v1/needs:batch", json={"needs": bodies[:1]}).json()["items"][0]["need"]
        assert [found["id"] for found in again["possible_duplicates"]] == [first["need"]["id"]]
        assert alone["need"]["possible_duplicates"] == []


def test_the_needs_of_two_who_live_together_are_one_need_perhaps(gateway: RunningGateway) -> None:
    since = "2001-05-01"
    with gateway.client(gateway.key("supervisor", area=STREET)) as street, gateway.client() as reader:
        here = station(reader)
        wife, husband = (
            created(street, "/v1/residents", {"station_id": here, "name": name, "birth_year": 1944})
            for name in ("Beech Wife", "Beech Husband")
        )
        home = created(street, "/v1/households", {"head_id": wife, "since": since})
        moves = {"resident_id": husband, "relation": "spouse", "since": since}
        assert street.post(f"/v1/households/{home}/move-in", json=moves).status_code == 200
        hers = need(here, location={"lon": 101.12, "lat": 31.12}, residents=[wife])
        first = created(street, "/v1/needs", hers)
        his = need(here, location={"lon": 101.52, "lat": 31.52}, residents=[husband])
        (found,) = street.post("/v1/needs", json=his).json()["possible_duplicates"]
        assert found["id"] == first
        assert [part["code"] for part in found["alike"]][:2] == ["alike_household", "alike_theme"]
    with gateway.client(gateway.key("reader", area=STREET)) as other:
        assert other.get(f"/v1/needs/{first}/duplicates").json()["items"] == [], "nobody else learns who lives together"
