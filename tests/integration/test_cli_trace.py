"""`lianshan trace` over a running stack: the path of a need, with reasons and without names."""

import json
from typing import Any

import httpx
import pytest
from gateway_stack import created, need, position, station, volunteer
from lianshan_command import Done, lianshan
from stacks import RunningStack
from waiting import eventually

pytestmark = pytest.mark.integration
SLOT = {"headcount": 1, "skills": ["first_aid"], "starts_at": "2030-01-01T08:00:00Z", "ends_at": "2030-01-01T10:00:00Z"}
PERSONAL = ("Example", "138 0000", "Elm Lane", "116.351234")
SECONDS = 90.0
COMMUNITY = "110102009009"
"""A community in which no other test on the shared stack opens a station: it has one at most."""


def trace(stack: RunningStack, *arguments: str) -> Done:
    return lianshan(stack.environment, "trace", *arguments)


def wait_half_linked(api: httpx.Client, need_id: str) -> None:
    """Half of the goods is linked and the volunteer has accepted: only the other half is still to come."""

    def look() -> None:
        read = api.get(f"/v1/needs/{need_id}", params={"text": "false"}).json()
        assert (read["lines"][0]["committed"], read["volunteers"]["confirmed"]) == (5, 1)

    eventually(look, SECONDS)


def wait_ready(api: httpx.Client, need_id: str) -> None:
    """The need is ready in every part that a trace is made of: its view, its events, its dispatches."""

    def look() -> None:
        read = api.get(f"/v1/needs/{need_id}", params={"text": "false"}).json()
        assert read["state"] == "ready"
        items = api.get(f"/v1/needs/{need_id}/events").json()["items"]
        assert items[-1]["event"]["type"] == "stations.need.ready"
        assert len(items) == len(read["timeline"])
        dispatches = api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
        assert [dispatch["state"] for dispatch in dispatches] == ["accepted"]

    eventually(look, SECONDS)


@pytest.fixture(scope="module")
def need_id(stack: RunningStack) -> str:
    """A need that became ready in two steps: half of the rice was there, the other half was given later."""
    half = {"goods": [{"item": "walking_stick", "quantity": 5, "unit": "piece"}]}
    wanted = [{"kind": "goods", "item": "walking_stick", "quantity": 10, "unit": "piece"}]
    with stack.client() as api:
        station_id = station(api, COMMUNITY)
        created(api, "/v1/donations", {"station_id": station_id, **half})
        created(api, "/v1/volunteers", volunteer(standing_acceptance=True))
        asked = need(station_id, lines=wanted, due="2030-01-02T00:00:00Z", volunteers=SLOT)
        made = created(api, "/v1/needs", asked)
        wait_half_linked(api, made)
        created(api, "/v1/donations", {"station_id": station_id, **half})
        wait_ready(api, made)
    return made


def test_the_path_leads_from_the_request_to_ready_by_its_causes(stack: RunningStack, need_id: str) -> None:
    done = trace(stack, need_id, "--json")
    assert done.returncode == 0, done.stderr
    path: dict[str, Any] = json.loads(done.stdout)
    first, second = path["origins"]
    (published,) = first["steps"]
    assert (path["state"], published["type"]) == ("ready", "stations.need.published")
    assert {step["type"].partition(".")[0] for step in published["next"]} == {"charity", "volunteering"}
    assert [step["type"] for step in second["steps"]] == ["charity.link.linked"]
    assert [step["type"] for step in second["steps"][0]["next"]] == ["stations.need.ready"]
    assert [(stage["from"], stage["to"]) for stage in path["stages"]] == [
        ("asked", "published"),
        ("published", "ready"),
    ]
    steps = [published, *published["next"], *second["steps"], *second["steps"][0]["next"]]
    assert all(0 <= step["since_began_ms"] < SECONDS * 1000 for step in steps)
    assert all(len(step["trace_id"]) == 32 for step in steps)


def test_it_says_why_in_words_and_tells_nothing_about_people(stack: RunningStack, need_id: str) -> None:
    done = trace(stack, need_id)
    assert done.returncode == 0, done.stderr
    assert "= severity 24 + urgency 20" in done.stdout
    assert "own station 5: gave 5" in done.stdout
    assert "1 of 1 volunteers confirmed" in done.stdout
    chinese = trace(stack, need_id, "--lang", "zh").stdout
    assert "本站 5: 所缺" in chinese
    assert "accepted" in done.stdout
    whole = done.stdout + trace(stack, need_id, "--json").stdout
    assert [word for word in PERSONAL if word in whole] == []


@pytest.mark.parametrize("unknown", ["need_unknown", "../keys", "need x"])
def test_an_unknown_need_is_one_line(stack: RunningStack, unknown: str) -> None:
    done = trace(stack, unknown)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"lianshan: there is no need {unknown}: check the id.\n"


def test_the_events_of_a_need_are_those_of_the_feed(stack: RunningStack, need_id: str) -> None:
    with stack.client() as api:
        items = api.get(f"/v1/needs/{need_id}/events").json()["items"]
        for item in items:
            epoch, _, number = str(item["cursor"]).rpartition("-")
            before = {"after": f"{epoch}-{int(number) - 1}", "limit": 1}
            (fed,) = api.get("/v1/events", params=before).json()["items"]
            assert fed == item
        assert api.get("/v1/needs/need_unknown/events").status_code == 404
    places = [position(item["cursor"]) for item in items]
    assert places == sorted(places)
    assert {item["event"]["data"]["need_id"] for item in items} == {need_id}
