"""A gift that was typed wrongly is corrected over HTTP: by whom, how, and the shortfall where it was promised."""

import httpx
import pytest
from gateway_stack import ELSEWHERE, STREET, RunningGateway, created, need, state_is, station
from waiting import eventually

pytestmark = pytest.mark.integration
WHEELCHAIRS = {"item": "wheelchair", "unit": "piece"}


def test_a_gift_is_corrected_and_what_is_promised_stands_as_a_shortfall_with_a_task(api: httpx.Client) -> None:
    here = station(api)
    gift = created(api, "/v1/donations", {"station_id": here, "goods": [{**WHEELCHAIRS, "quantity": 160}]})
    needed = created(api, "/v1/needs", need(here, lines=[{"kind": "goods", **WHEELCHAIRS, "quantity": 100}]))
    state_is(api, needed, "ready")
    seen = api.get(f"/v1/donations/{gift}")
    right = {"goods": [{**WHEELCHAIRS, "quantity": 16}], "reason_code": "typed_wrong"}
    headers = {"If-Match": seen.headers["ETag"]}
    corrected = api.post(f"/v1/donations/{gift}/correct", json=right, headers=headers)
    assert corrected.status_code == 200, corrected.text
    shown = corrected.json()
    assert (shown["goods"][0]["quantity"], shown["corrected_for"], shown["version"]) == (16, "typed_wrong", 2)
    late = api.post(f"/v1/donations/{gift}/correct", json={**right, "goods": []}, headers=headers)
    assert (late.status_code, late.json()["rule"]) == (412, "version_not_current"), late.text

    def owed() -> None:
        (short,) = api.get("/v1/shortfalls", params={"donation_id": gift, "state": "open"}).json()["items"]
        assert (short["kind"], short["missing"], short["station_id"]) == ("correction", 84, here)
        assert short["next_step"]["code"] == "make_up_shortfall"
        assert api.get(f"/v1/shortfalls/{short['id']}").json() == short
        assert len(api.get(f"/v1/shortfalls/{short['id']}/history").json()["items"]) == 1
        tasks = api.get("/v1/tasks", params={"code": "make_up_shortfall", "limit": 200}).json()["items"]
        assert short["id"] in [task["id"] for task in tasks]

    eventually(owed)


def test_a_correction_is_refused_by_permission_area_and_field(gateway: RunningGateway, api: httpx.Client) -> None:
    here, there = station(api), station(api, ELSEWHERE)
    goods = [{**WHEELCHAIRS, "quantity": 3}]
    gift = created(api, "/v1/donations", {"station_id": here, "goods": goods})
    far = created(api, "/v1/donations", {"station_id": there, "goods": goods})
    right = {"goods": goods, "reason_code": "typed_wrong"}
    with gateway.client(gateway.key("station_worker", area=STREET)) as worker:
        refused = worker.post(f"/v1/donations/{gift}/correct", json=right)
        assert (refused.status_code, refused.json()["rule"]) == (403, "permission_missing"), refused.text
    with gateway.client(gateway.key("charity_officer", area=STREET)) as officer:
        outside = officer.post(f"/v1/donations/{far}/correct", json=right)
        assert (outside.status_code, outside.json()["rule"]) == (404, "unknown_id"), outside.text
        for change, field in (
            ({"amount_fen": 5}, "amount_fen"),
            ({"amount_fen": -1}, "amount_fen"),
            ({"goods": [{"item": "quilt", "quantity": 1, "unit": "piece"}]}, "goods"),
            ({"goods": [{**WHEELCHAIRS, "quantity": 0}]}, "goods.0.quantity"),
            ({"reason_code": "no_idea"}, "reason_code"),
        ):
            bad = officer.post(f"/v1/donations/{gift}/correct", json={**right, **change})
            assert bad.status_code == 422, bad.text
            assert [error["field"] for error in bad.json()["errors"]] == [field], bad.text
