"""The gateway with the services behind it: what a caller sees."""

# ruff: noqa: F811 - a fixture is imported and then named as an argument

import json
import stat
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from gateway_stack import (  # noqa: F401 - fixtures are used by their names
    AREA,
    ELSEWHERE,
    STREET,
    WITHOUT_STATION,
    RunningGateway,
    api,
    created,
    gateway,
    need,
    station,
    until,
    volunteer,
)

from services.gateway.features.areas.answer import AreaAnswer, AreaName
from services.gateway.features.dispatch.answer import DispatchAnswer
from services.gateway.features.donations.answer import DonationAnswer
from services.gateway.features.donors.answer import DonorAnswer
from services.gateway.features.feed.answer import FeedAnswer
from services.gateway.features.funds.answer import FundAnswer
from services.gateway.features.keys.answer import KeyListed
from services.gateway.features.needs.answer import BatchAnswer, NeedAnswer, NeedListed
from services.gateway.features.people.answer import VolunteerAnswer
from services.gateway.features.stock.answer import StockAnswer
from services.gateway.features.timebank.answer import AccountAnswer, BalanceAnswer
from services.gateway.http.answers import Answer, Listed, ProblemDocument
from services.gateway.messaging.commands import generated_key
from shared.contracts.stations.network import StationShape
from tests.personal_numbers import personal_numbers

pytestmark = pytest.mark.integration
DOCUMENTED: dict[str, type[Answer]] = {
    "/v1/stations": StationShape,
    "/v1/needs": NeedListed,
    "/v1/donors": DonorAnswer,
    "/v1/donations": DonationAnswer,
    "/v1/funds": FundAnswer,
    "/v1/stock": StockAnswer,
    "/v1/volunteers": VolunteerAnswer,
    "/v1/dispatches": DispatchAnswer,
    "/v1/timebank": BalanceAnswer,
    "/v1/keys": KeyListed,
}


def whole_feed(api: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = api.get("/v1/events", params={"after": after, "limit": 50}).json()
        items += page["items"]
        after = page["next"]
    return items


def state_is(api: httpx.Client, need_id: str, state: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        read = api.get(f"/v1/needs/{need_id}").json()
        return read if read["state"] == state else None

    found: dict[str, Any] = until(look, f"{need_id} is {state}")
    return found


def test_a_published_need_is_linked_staffed_served_confirmed_and_credited(api: httpx.Client) -> None:
    station_id = station(api)
    goods = [{"item": "hot_meal", "quantity": 5, "unit": "piece"}]
    created(api, "/v1/donations", {"station_id": station_id, "donor": "Lin Example", "goods": goods})
    helper = created(api, "/v1/volunteers", volunteer(skills=["cooking"], standing_acceptance=True))
    now = datetime.now(UTC)
    slot = {"starts_at": (now + timedelta(minutes=1)).isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    body = need(
        station_id,
        lines=[{"kind": "goods", "item": "hot_meal", "quantity": 5, "unit": "piece"}],
        volunteers={"headcount": 1, "skills": ["cooking"], "languages": [], **slot},
    )
    need_id = created(api, "/v1/needs", body)
    read = state_is(api, need_id, "ready")
    assert (read["lines"][0]["committed"], read["volunteers"]["confirmed"], read["waiting"]) == (5, 1, [])
    (dispatch,) = api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
    assert (dispatch["volunteer_id"], dispatch["state"]) == (helper, "accepted")
    for action, state in (("check-in", "checked_in"), ("check-out", "checked_out")):
        answer = api.post(f"/v1/dispatches/{dispatch['id']}/{action}")
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    state_is(api, need_id, "served")
    assert api.post(f"/v1/needs/{need_id}/confirm", json={"note": "well done"}).json()["state"] == "confirmed"
    assert api.post(f"/v1/needs/{need_id}/evaluate", json={"rating": 5}).json()["state"] == "evaluated"

    def told() -> list[str] | None:
        what = [entry["what"] for entry in api.get(f"/v1/needs/{need_id}").json()["timeline"]]
        return what if {"charity.link.delivered", "volunteering.hours.credited"} <= set(what) else None

    what = until(told, "all three services are in the timeline")
    assert what[0] == "stations.need.published"
    assert {"charity.link.linked", "stations.need.ready", "stations.need.served"} <= set(what)
    account = api.get(f"/v1/timebank/{helper}").json()
    assert account["balance_minutes"] == sum(item["minutes"] for item in account["statement"]["items"]) == 1


def test_what_was_answered_is_in_the_lists_at_once(api: httpx.Client) -> None:
    station_id = station(api)
    assert station_id in {item["id"] for item in api.get("/v1/stations", params={"limit": 200}).json()["items"]}
    answer = api.post("/v1/needs", json=need(station_id))
    need_id = answer.json()["id"]
    assert answer.headers["Location"] == f"/v1/needs/{need_id}"
    assert api.get("/v1/needs", params={"station_id": station_id}).json()["items"][0]["id"] == need_id
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
    assert len(api.get("/v1/needs", params={"station_id": body["station_id"]}).json()["items"]) == 1
    third = api.post("/v1/needs", json={**body, "urgency": "low"}, headers={"Idempotency-Key": "once"})
    assert third.status_code == 422
    assert third.json()["type"] == "/problems/idempotency_mismatch"


def test_of_several_needs_each_is_taken_or_refused_on_its_own(api: httpx.Client) -> None:
    good = need(station(api))
    batch = [good, {**good, "beneficiaries": 0}, {**good, "station_id": "station_nowhere"}, "no need", good]
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
    assert api.get("/v1/needs", params={"waiting": True, "station_id": body["station_id"]}).json()["items"] == []


# ---- as documented ---------------------------------------------------------------------------------------


def test_every_answer_is_as_documented(gateway: RunningGateway, api: httpx.Client) -> None:
    test_a_published_need_is_linked_staffed_served_confirmed_and_credited(api)
    fund_id = created(api, "/v1/funds", {"area": AREA, "name": "Community fund"})
    created(api, "/v1/donations", {"fund_id": fund_id, "amount_fen": 5000, "donor": "Li Example"})
    need_id = api.get("/v1/dispatches").json()["items"][0]["need_id"]
    for path, model in DOCUMENTED.items():
        listed = api.get(path)
        assert listed.status_code == 200, listed.text
        assert Listed[model].model_validate_json(listed.text).items, path  # type: ignore[valid-type]
        name = "volunteer_id" if path == "/v1/timebank" else "id"
        if model in (StockAnswer, KeyListed):
            continue
        one = api.get(f"{path}/{listed.json()['items'][0][name]}").text if path != "/v1/needs" else ""
        if path == "/v1/timebank":
            AccountAnswer.model_validate_json(one)
        elif one:
            model.model_validate_json(one)
    NeedAnswer.model_validate_json(api.get(f"/v1/needs/{need_id}").text)
    FeedAnswer.model_validate_json(api.get("/v1/events").text)
    AreaAnswer.model_validate_json(api.get(f"/v1/areas/{AREA}").text)
    Listed[AreaName].model_validate_json(api.get("/v1/areas").text)
    ProblemDocument.model_validate_json(api.post("/v1/needs", json={}).text)
    with gateway.client(gateway.key("reader")) as reader:
        NeedAnswer.model_validate_json(reader.get(f"/v1/needs/{need_id}").text)


# ---- the feed --------------------------------------------------------------------------------------------


def test_the_feed_has_every_event_once_with_gap_free_cursors_and_no_personal_data(api: httpx.Client) -> None:
    created(api, "/v1/needs", need(station(api), title="For Granny Example-Zhao"))
    created(api, "/v1/volunteers", volunteer(name="Example-Qian", phone="139 1111 2222"))
    items = whole_feed(api)
    assert [item["cursor"] for item in items] == list(range(1, len(items) + 1))
    keys = {(item["event"]["source"], item["event"]["id"]) for item in items}
    assert len(keys) == len(items)
    text = json.dumps(items, ensure_ascii=False)
    for word in ("Granny", "Example-Zhao", "Example-Qian", "139 1111 2222", "116.351234"):
        assert word not in text


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
        donation = api.get(f"/v1/donations/{created(api, '/v1/donations', gift)}").json()
        assert donation["goods"][0] == {
            "item": code, "quantity": 50, "unit": "pack_25", "base_unit": "piece", "base_quantity": 1250,
        }, nth  # fmt: skip
    retired = api.post(f"/v1/catalogue/item/{code}/retire", json={"successor": "mask"})
    assert retired.json()["successor"] == "mask"
    body = need(station_id, lines=[{"kind": "goods", "item": code, "quantity": 1, "unit": "piece"}])
    refused = api.post("/v1/needs", json=body)
    assert refused.status_code == 422
    assert "mask" in refused.json()["detail"]
    listed = api.get("/v1/catalogue", params={"kind": "item", "label": code, "retired": True}).json()["items"]
    assert [item["code"] for item in listed] == [code]


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
    station(api)
    items = whole_feed(api)
    resume = items[-2]["cursor"]
    seen: list[dict[str, Any]] = []
    headers = {"Last-Event-ID": str(resume)}
    with api.stream("GET", "/v1/events/stream", headers=headers, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        cursor = 0
        for line in answer.iter_lines():
            if line.startswith("id: "):
                cursor = int(line.removeprefix("id: "))
            elif line.startswith("data: "):
                seen.append({"cursor": cursor, "event": json.loads(line.removeprefix("data: "))})
                if len(seen) == 1:
                    with httpx.Client(base_url=api.base_url, headers=api.headers, timeout=30) as other:
                        station(other)
                if len(seen) == 2:
                    break
    assert [item["cursor"] for item in seen] == [resume + 1, resume + 2]
    assert seen[0] == items[-1]
    assert seen[1]["event"]["type"] == "stations.station.closed", "the new station takes the place of the old one"


# ---- keys and people's data ------------------------------------------------------------------------------


def test_the_admin_key_is_in_its_file_alone(gateway: RunningGateway) -> None:
    key = gateway.key_file.read_text().strip()
    assert stat.S_IMODE(gateway.key_file.stat().st_mode) == 0o600
    assert key not in gateway.log("gateway")
    with gateway.database() as database:
        assert key not in json.dumps(list(database["keys"].find({})), default=str)


def test_names_are_told_only_to_keys_that_may_and_that_is_recorded(gateway: RunningGateway, api: httpx.Client) -> None:
    who = created(api, "/v1/volunteers", volunteer(name="Sun Example"))
    giver = created(api, "/v1/donors", {"name": "Li Example", "phone": "13800000000"})
    need_id = created(api, "/v1/needs", need(station(api)))
    with gateway.client(gateway.key("reader")) as reader:
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
        assert database["audit"].count_documents({"about": who, "what": "volunteer"}) == 1


def test_a_key_for_an_area_reads_and_writes_nothing_elsewhere(gateway: RunningGateway, api: httpx.Client) -> None:
    here, there = station(api), station(api, ELSEWHERE)
    far_need = created(api, "/v1/needs", need(there))
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


# ---- operating -------------------------------------------------------------------------------------------


def test_the_description_is_openapi_and_names_every_path_of_the_api(api: httpx.Client) -> None:
    described = api.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    expected = {
        "/v1/areas", "/v1/areas:batch", "/v1/stations", "/v1/needs", "/v1/needs:batch", "/v1/donors", "/v1/donations",
        "/v1/funds", "/v1/stock", "/v1/volunteers", "/v1/dispatches", "/v1/timebank", "/v1/events", "/v1/keys",
        "/v1/needs/{need_id}/publish", "/v1/dispatches/{dispatch_id}/check-in",
    }  # fmt: skip
    assert expected <= described["paths"].keys()
    assert '"$ref": "#/components/schemas/NeedIn"' in json.dumps(described)
    references = set(json.dumps(described).split('"#/components/schemas/')[1:])
    assert {reference.partition('"')[0] for reference in references} <= described["components"]["schemas"].keys()


def test_numbers_are_kept_by_documented_path_and_never_by_id(api: httpx.Client) -> None:
    station_id = station(api)
    api.get(f"/v1/stations/{station_id}")
    metrics = httpx.get(f"{api.base_url}/metrics", timeout=10).text
    assert 'path="/v1/stations/{station_id}"' in metrics
    assert station_id not in metrics


def test_health_needs_no_key(api: httpx.Client) -> None:
    assert httpx.get(f"{api.base_url}/healthz", timeout=10).json()["status"] == "alive"
    assert httpx.get(f"{api.base_url}/readyz", timeout=10).json()["status"] == "ready"


def test_an_answer_does_not_wait_long_for_the_projections(gateway: RunningGateway, api: httpx.Client) -> None:
    station_id = station(api)
    gateway.stop("gateway.projector")
    try:
        began = time.monotonic()
        answer = api.post(
            "/v1/stations", json={"area": WITHOUT_STATION, "name": "Late in the lists", "level": "station"}
        )
        assert answer.status_code == 201
        assert time.monotonic() - began < 5
        assert api.get(f"/v1/stations/{answer.json()['id']}").status_code == 404
        late = api.post("/v1/needs", json=need(station_id))
        assert NeedAnswer.model_validate_json(late.text).state == "published"
        assert late.json()["title"] == need("")["title"]
        batch = api.post("/v1/needs:batch", json={"needs": [need(station_id)]})
        assert BatchAnswer.model_validate_json(batch.text).items[0].status == 201
    finally:
        gateway.start("gateway.projector")
    until(lambda: api.get(f"/v1/stations/{answer.json()['id']}").status_code == 200, "it is in the lists", 30)
