"""A need over HTTP with the services behind it: from registration to credited hours, in lists, batches and versions."""

from typing import Any

import httpx
import pytest
from gateway_stack import AREA, WITHOUT_STATION, RunningGateway, created, need, serve_need, station, until, volunteer
from waiting import eventually

from services.gateway.features.needs.answer import NeedAnswer
from services.gateway.messaging.commands import generated_key

pytestmark = pytest.mark.integration


def test_a_published_need_is_linked_staffed_served_confirmed_and_credited(api: httpx.Client) -> None:
    need_id, helper = serve_need(api)
    assert api.post(f"/v1/needs/{need_id}/confirm", json={"note": "well done"}).json()["state"] == "confirmed"
    assert api.post(f"/v1/needs/{need_id}/evaluate", json={"rating": 5}).json()["state"] == "evaluated"

    def told() -> list[str] | None:
        what = [entry["what"] for entry in api.get(f"/v1/needs/{need_id}").json()["timeline"]]
        return what if {"charity.link.delivered", "volunteering.hours.credited"} <= set(what) else None

    what = until(told, "all three services are in the timeline")
    assert what[0] == "stations.need.published"
    assert {"charity.link.linked", "stations.need.ready", "stations.need.served"} <= set(what)

    def credited() -> None:
        account = api.get(f"/v1/timebank/{helper}").json()
        assert account["balance_minutes"] == sum(item["minutes"] for item in account["statement"]["items"]) == 1

    eventually(credited)


def test_hours_are_listed_by_the_home_of_the_volunteer_and_by_the_place_of_service(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    next_door, elsewhere = WITHOUT_STATION, "310101002003"
    need_id, helper = serve_need(api, home=next_door)
    assert api.post(f"/v1/needs/{need_id}/confirm", json={}).status_code == 200

    def listed(**params: str) -> dict[str, str]:
        items = api.get("/v1/timebank", params={**params, "limit": "200"}).json()["items"]
        return {item["volunteer_id"]: item["area"] for item in items}

    assert until(lambda: listed(area=next_door).get(helper), "the minute is credited") == next_door
    assert helper not in listed(area=AREA)
    assert helper in listed(service_area=AREA)
    assert helper not in listed(service_area=next_door)
    assert helper not in listed(service_area=AREA, area=AREA)
    with gateway.client(gateway.key("reader", area=AREA)) as here:
        assert helper in {
            item["volunteer_id"] for item in here.get(f"/v1/timebank?service_area={AREA}").json()["items"]
        }
        refused = here.get(f"/v1/timebank?service_area={elsewhere}")
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (403, "service_area")


def test_what_was_answered_is_in_the_lists_at_once(api: httpx.Client) -> None:
    station_id = station(api)
    assert station_id in {item["id"] for item in api.get("/v1/stations", params={"limit": 200}).json()["items"]}
    answer = api.post("/v1/needs", json=need(station_id))
    need_id = answer.json()["id"]
    assert answer.headers["Location"] == f"/v1/needs/{need_id}"
    here = {"station_id": station_id}
    for wanted in (here, {**here, "theme": answer.json()["theme"]}):
        assert api.get("/v1/needs", params=wanted).json()["items"][0]["id"] == need_id
    assert api.get("/v1/needs", params={**here, "theme": "of_no_need"}).json()["items"] == []
    fund_id = created(api, "/v1/funds", {"area": AREA, "name": "Community fund"})
    created(api, "/v1/donations", {"fund_id": fund_id, "amount_fen": 5000})
    assert api.get(f"/v1/funds/{fund_id}").json()["available_fen"] == 5000


def test_a_need_is_read_as_it_was_posted(api: httpx.Client) -> None:
    station_id = station(api)
    lines = [
        {"kind": "goods", "item": "blanket", "quantity": 3, "unit": "piece"},
        {"kind": "money", "amount_fen": 700, "purpose": "a taxi for an old man"},
        {"kind": "service", "item": "legal_aid", "quantity": 2},
    ]
    body = need(station_id, lines=lines, urgency="medium", beneficiaries=7)
    read = api.get(f"/v1/needs/{created(api, '/v1/needs', body)}").json()
    assert (read["title"], read["location"], read["urgency"]) == (body["title"], body["location"], "normal")
    assert read["beneficiaries"] == {"count": 7, "groups": []}
    for line, asked in zip(read["lines"], lines, strict=True):
        assert asked.items() <= line.items()
        assert {"committed", "fulfilled"} <= line.keys()
    assert {"id", "state", "version", "score", "timeline"} <= read.keys()


def test_a_score_says_what_it_is_made_of(api: httpx.Client) -> None:
    need_id = created(api, "/v1/needs", need(station(api)))
    read = NeedAnswer.model_validate_json(api.get(f"/v1/needs/{need_id}", params={"explain": True}).text)
    assert read.score_parts is not None
    assert sum(read.score_parts.values()) == read.score


def test_who_sends_no_idempotency_key_is_told_the_one_that_was_made_up(api: httpx.Client) -> None:
    body = need(station(api))
    first = api.post("/v1/needs", json=body)
    again = api.post("/v1/needs", json=body, headers={"Idempotency-Key": first.headers["Idempotency-Key"]})
    assert again.json()["id"] == first.json()["id"]
    assert api.post("/v1/needs", json=body).json()["id"] != first.json()["id"]


def test_the_same_idempotency_key_gives_the_same_need_once(api: httpx.Client) -> None:
    body = need(station(api))
    first, second = (api.post("/v1/needs", json=body, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    of_station = {"station_id": body["station_id"]}
    until(lambda: api.get("/v1/needs", params=of_station).json()["items"], "the need is in the list")
    assert len(api.get("/v1/needs", params=of_station).json()["items"]) == 1
    third = api.post("/v1/needs", json={**body, "urgency": "low"}, headers={"Idempotency-Key": "once"})
    assert third.status_code == 422
    assert third.json()["type"] == "/problems/idempotency_mismatch"


def test_of_several_needs_each_is_taken_or_refused_on_its_own(api: httpx.Client) -> None:
    good = need(station(api))
    batch = [good, {**good, "beneficiaries": 0}, {**good, "station_id": "station_nowhere"}, {"no": "need"}, good]
    answer = api.post("/v1/needs:batch", json={"needs": batch})
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [item["status"] for item in items] == [201, 422, 404, 422, 201]
    assert items[1]["error"]["errors"][0]["field"] == "beneficiaries"
    assert items[0]["need"]["id"] != items[4]["need"]["id"]


def test_an_action_on_an_older_version_is_refused_and_changes_nothing(api: httpx.Client) -> None:
    body = need(station(api), publish=False)
    need_id = created(api, "/v1/needs", body)
    etag = api.get(f"/v1/needs/{need_id}").headers["ETag"]
    assert api.post(f"/v1/needs/{need_id}/publish", headers={"If-Match": '"99"'}).status_code == 412
    assert api.get(f"/v1/needs/{need_id}").json()["state"] == "draft"
    assert api.post(f"/v1/needs/{need_id}/publish", headers={"If-Match": etag}).status_code == 200


def test_lists_go_on_where_the_page_ended(api: httpx.Client) -> None:
    station_id = station(api)
    made = {created(api, "/v1/needs", need(station_id)) for _ in range(5)}
    listed = {"station_id": station_id}
    until(lambda: len(api.get("/v1/needs", params=listed).json()["items"]) == 5, "all of them are in the list")
    seen: list[str] = []
    after = None
    while True:
        page = api.get(
            "/v1/needs", params={"station_id": station_id, "limit": 2, **({"after": after} if after else {})}
        )
        seen += [item["id"] for item in page.json()["items"]]
        after = page.json()["next"]
        if after is None:
            break
    assert len(seen) == 5
    assert set(seen) == made
    assert seen == sorted(seen, reverse=True)


def test_a_filter_that_comes_twice_shows_what_fits_either(api: httpx.Client) -> None:
    station_id = station(api)
    made = {created(api, "/v1/needs", need(station_id, publish=publish)) for publish in (True, False)}
    ended = created(api, "/v1/needs", need(station_id, publish=False))
    assert api.post(f"/v1/needs/{ended}/cancel").status_code == 200
    wanted = {"station_id": station_id, "state": ["published", "ready", "draft"]}

    def listed() -> set[str]:
        return {item["id"] for item in api.get("/v1/needs", params=wanted).json()["items"]}

    until(lambda: made <= listed(), "both are in the list")
    assert listed() == made


def test_the_waiting_list_says_why_and_what_next(api: httpx.Client) -> None:
    body = need(station(api), lines=[{"kind": "goods", "item": "commode_chair", "quantity": 1, "unit": "piece"}])
    need_id = created(api, "/v1/needs", body)

    def waits() -> Any:
        items = api.get("/v1/needs", params={"waiting": True, "station_id": body["station_id"]}).json()["items"]
        return items[0]["waiting"] if items else None

    waiting = until(waits, "the need stands in the waiting list")
    assert all(part["reason"] and part["next_step"] for part in waiting)
    assert (
        api.post(f"/v1/needs/{need_id}/cancel", json={"reason": "not needed any more"}).json()["state"] == "cancelled"
    )
    until(lambda: waits() is None, "it waits no more")


def test_an_item_that_was_just_added_is_given_at_once_and_retired_with_its_successor(api: httpx.Client) -> None:
    station_id = station(api)
    for nth in range(10):
        code = f"mask_{generated_key()[:8]}"
        units = [
            {"code": "piece", "zh": "件", "en": "piece"},
            {"code": "pack_25", "zh": "包", "en": "pack", "factor": 25},
        ]
        words = {"kind": "item", "code": code, "zh": f"口罩 {code}", "en": f"mask {code}", "form": "goods"}
        created(api, "/v1/catalogue", {**words, "units": units})
        # Charity may not have the event yet: then it asks stations.
        gift = {"station_id": station_id, "goods": [{"item": f"MASK  {code}", "quantity": 50, "unit": "pack"}]}
        given = created(api, "/v1/donations", gift)
        donation = eventually(lambda given=given: api.get(f"/v1/donations/{given}").json()["goods"])  # type: ignore[misc]
        assert donation[0] == {
            "item": code, "quantity": 50, "unit": "pack_25", "base_unit": "piece", "base_quantity": 1250,
        }, nth  # fmt: skip
    retired = api.post(f"/v1/catalogue/item/{code}/retire", json={"successor": "mask"})
    assert retired.json()["successor"] == "mask"
    body = need(station_id, lines=[{"kind": "goods", "item": code, "quantity": 1, "unit": "piece"}])
    refused = api.post("/v1/needs", json=body)
    assert refused.status_code == 422
    assert "mask" in refused.json()["detail"]

    def retired_is_listed() -> None:
        listed = api.get("/v1/catalogue", params={"kind": "item", "label": code, "retired": True}).json()["items"]
        assert [item["code"] for item in listed] == [code]

    eventually(retired_is_listed)


def test_a_volunteer_changes_pauses_leaves_and_comes_back_over_http(api: httpx.Client) -> None:
    someone = created(api, "/v1/volunteers", volunteer(skills=["driving"], standing_acceptance=True))
    path = f"/v1/volunteers/{someone}"
    seen = api.get(path).headers["ETag"]
    changed = api.post(f"{path}/change", json={"skills": ["cooking"], "standing_acceptance": False})
    assert (changed.status_code, changed.json()["skills"]) == (200, ["cooking"]), changed.text
    assert changed.json()["standing_acceptance"] is False
    terms = api.get(f"{path}/standing-acceptance").json()
    assert (terms["standing_acceptance"], terms["always_asked"] != []) == (False, True)
    stale = api.post(f"{path}/pause", json={}, headers={"If-Match": seen})
    assert (stale.status_code, stale.json()["rule"]) == (412, "version_not_current")
    assert api.post(f"{path}/change", json={"skills": ["flying"]}).json()["errors"][0]["field"] == "skills.0"
    paused = api.post(f"{path}/pause", json={}, headers={"If-Match": changed.headers["ETag"]})
    assert (paused.status_code, paused.json()["state"], paused.json()["paused_until"]) == (200, "paused", None)
    assert api.post(f"{path}/resume").json()["state"] == "active"
    left = api.post(f"{path}/leave")
    assert (left.status_code, left.json()["state"]) == (200, "left")
    assert api.post(f"{path}/pause", json={}).json()["rule"] == "volunteer_has_left"

    def shown_as_left() -> None:
        shown = api.get(path)
        assert (shown.json()["state"], shown.json()["skills"]) == ("left", ["cooking"])
        assert shown.headers["ETag"] == left.headers["ETag"]

    eventually(shown_as_left)
