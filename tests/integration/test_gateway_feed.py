"""The feed over HTTP: every event once, without gap, without personal data, as pages and as a stream."""

import json
from typing import Any

import httpx
import pytest
from gateway_stack import AREA, created, need, position, station, until, volunteer, whole_feed
from personal_numbers import personal_numbers
from stacks import NO_TLS

pytestmark = pytest.mark.integration


def test_the_feed_has_every_event_once_with_gap_free_cursors_and_no_personal_data(api: httpx.Client) -> None:
    created(api, "/v1/needs", need(station(api), title="For Granny Example-Zhao"))
    created(api, "/v1/volunteers", volunteer(name="Example-Qian", phone="139 1111 2222"))
    items = whole_feed(api)
    assert [position(item["cursor"]) for item in items] == list(range(1, len(items) + 1))
    keys = {(item["event"]["source"], item["event"]["id"]) for item in items}
    assert len(keys) == len(items)
    text = json.dumps(items, ensure_ascii=False)
    for word in ("Granny", "Example-Zhao", "Example-Qian", "139 1111 2222", "116.351234"):
        assert word not in text


def test_no_event_of_the_feed_holds_the_number_of_a_person(api: httpx.Client) -> None:
    after, bodies = None, []
    for _ in range(1000):
        page = api.get("/v1/events", params={"limit": 200} | ({"after": after} if after else {}))
        bodies.append(page.text)
        after = page.json()["next"]
        if after is None or not page.json()["items"]:
            break
    assert personal_numbers(bodies) == []


def test_a_stream_resumes_after_the_last_event_id(api: httpx.Client) -> None:
    closes = station(api)
    items = whole_feed(api)
    resume = items[-2]["cursor"]
    seen: list[dict[str, Any]] = []
    headers = {"Last-Event-ID": str(resume)}
    with api.stream("GET", "/v1/events/stream", headers=headers, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        cursor = ""
        for line in answer.iter_lines():
            if line.startswith("id: "):
                cursor = line.removeprefix("id: ")
            elif line.startswith("data: "):
                seen.append({"cursor": cursor, "event": json.loads(line.removeprefix("data: "))})
                if len(seen) == 1:
                    with httpx.Client(base_url=api.base_url, headers=api.headers, timeout=30, verify=NO_TLS) as other:
                        station(other)
                # The new station takes the place of the old one. Events that other tests have caused may come between.
                event = seen[-1]["event"]
                if (event["type"], event["subject"]) == ("stations.station.closed", closes):
                    break
    begin = position(resume) + 1
    assert [position(item["cursor"]) for item in seen] == list(range(begin, begin + len(seen)))
    assert seen[0] == items[-1]


def test_the_feed_shows_the_wanted_types_and_areas_alone(api: httpx.Client) -> None:
    station(api)
    everything = whole_feed(api)
    found = api.get("/v1/events", params={"type": "stations.station", "area": AREA, "limit": 1000}).json()["items"]
    wanted = [each for each in everything if each["event"]["type"].startswith("stations.station.")]
    assert found == [each for each in wanted if each["event"]["area"] == AREA]
    assert found
    several = api.get("/v1/events", params={"type": ["stations.station.opened", "stations.need"], "limit": 1000})
    assert {each["event"]["type"].rpartition(".")[0] for each in several.json()["items"]} <= {
        "stations.station", "stations.need",
    }  # fmt: skip
    refused = api.get("/v1/events", params={"type": "stations.station.opend"})
    assert (refused.status_code, refused.json()["rule"]) == (422, "no_such_event_type")
    assert "stations.station.opened" in refused.json()["detail"]


def test_the_feed_shows_the_events_about_one_thing_alone_in_pages_and_as_a_stream(api: httpx.Client) -> None:
    need_id = created(api, "/v1/needs", need(station(api)))
    created(api, "/v1/needs", need(station(api)))
    wanted = until(lambda: [each for each in whole_feed(api) if each["event"]["subject"] == need_id], "its event")
    asked = {"subject": need_id, "limit": 1000}
    found = api.get("/v1/events", params=asked).json()["items"]
    assert found[: len(wanted)] == wanted
    assert {each["event"]["subject"] for each in found} == {need_id}
    narrowed = api.get("/v1/events", params=asked | {"type": "charity.link"}).json()["items"]
    assert narrowed == [each for each in found if each["event"]["type"].startswith("charity.link.")][: len(narrowed)]
    assert api.get("/v1/events", params=asked | {"area": "110105"}).json()["items"] == []
    with api.stream("GET", "/v1/events/stream", params={"subject": need_id, "after": "0"}, timeout=20) as answer:
        data = (line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: "))
        assert [json.loads(next(data)) for _ in wanted] == [each["event"] for each in wanted]


def test_a_new_platform_reads_the_lists_and_then_follows_from_the_snapshot(api: httpx.Client) -> None:
    before = created(api, "/v1/needs", need(station(api)))
    cursor = until(lambda: _snapshot_with(api, before), "the lists show the need")
    assert before in {each["id"] for each in api.get("/v1/needs", params={"limit": 200}).json()["items"]}
    after = created(api, "/v1/needs", need(station(api)))
    follow = api.get("/v1/events", params={"after": cursor, "limit": 1000}).json()["items"]
    assert after in {each["event"]["subject"] for each in follow}


def _snapshot_with(api: httpx.Client, need_id: str) -> str | None:
    """Return the cursor of a snapshot behind the event of that need; None while it lies before."""
    cursor = str(api.get("/v1/events/snapshot").json()["cursor"])
    later = api.get("/v1/events", params={"after": cursor, "limit": 1000}).json()["items"]
    return None if need_id in {each["event"]["subject"] for each in later} else cursor
