"""A caller that needs no whole answer is answered as soon as the thing is durable, and finds it later."""

from typing import Any, Final

import pytest
from gateway_stack import RunningGateway, created, need, station
from played_staff import worker
from waiting import eventually

pytestmark = pytest.mark.integration
MINIMAL: Final = {"Prefer": "return=minimal"}


def bodies(here: str) -> dict[str, dict[str, Any]]:
    return {
        "/v1/needs": need(here),
        "/v1/workers": worker(here),
    }


def test_a_thing_that_is_created_by_a_minimal_answer_is_found_at_its_path(gateway: RunningGateway) -> None:
    with gateway.client() as api:
        posted = bodies(station(api))
        for path, body in posted.items():
            named = {**body, "external_id": f"{path[4:]}-1"}
            answer = api.post(path, json=named, headers=MINIMAL)
            assert answer.status_code == 201, answer.text
            assert answer.headers["Preference-Applied"] == "return=minimal"
            assert answer.headers["ETag"].startswith('"1')
            made = answer.headers["Location"]
            assert made == f"{path}/{answer.json()['id']}"

            assert eventually(lambda made=made: api.get(made).json()["external_id"]) == f"{path[4:]}-1"


def test_the_same_request_is_answered_as_each_call_prefers_and_done_once(gateway: RunningGateway) -> None:
    with gateway.client() as api:
        once = {"Idempotency-Key": "minimal-once"}
        asked = need(station(api))
        first = api.post("/v1/needs", json=asked, headers={**once, **MINIMAL})
        assert first.status_code == 201
        assert first.json()["id"] == created(api, "/v1/needs", asked, **once)
        refused = api.post("/v1/needs", json={**asked, "urgency": "now"}, headers=MINIMAL)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "urgency")


@pytest.mark.parametrize(
    "preferred", ["return=representation", "respond-async", "return=representation,return=minimal"]
)
def test_any_other_preference_is_ignored(gateway: RunningGateway, preferred: str) -> None:
    with gateway.client() as api:
        answer = api.post("/v1/needs", json=need(station(api)), headers={"Prefer": preferred})
        assert (answer.status_code, "Preference-Applied" in answer.headers) == (201, False)
        assert answer.json()["id"] in answer.headers["Location"]
