"""A station shares its stock over HTTP: how far it reaches, how much stays, and by whose decision."""

import httpx
import pytest
from gateway_stack import (
    AREA,
    ELSEWHERE,
    STREET,
    RunningGateway,
    created,
    need,
    position,
    state_is,
    station,
    whole_feed,
)
from waiting import eventually

pytestmark = pytest.mark.integration


def test_a_station_shares_its_stock_and_those_whom_it_then_reaches_are_served(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    here, there = station(api), station(api, ELSEWHERE)
    asked = {"station_id": here, "item": "biscuits", "sharing": "own", "reserve": 1}
    with gateway.client(gateway.key("station_worker", area=STREET)) as worker:
        before = whole_feed(api)[-1]["cursor"]
        kept = worker.post("/v1/stock/share", json=asked)
        assert kept.status_code == 200, kept.text
        assert (kept.json()["sharing"], kept.json()["reserve"], kept.json()["balance"]) == ("own", 1, 0)
        goods = [{"item": "biscuits", "quantity": 3, "unit": "piece"}]
        created(api, "/v1/donations", {"station_id": here, "goods": goods})
        line = {"kind": "goods", "item": "biscuits", "quantity": 2, "unit": "piece"}
        needed = created(api, "/v1/needs", need(there, lines=[line]))

        def waits() -> None:
            read = api.get(f"/v1/needs/{needed}").json()
            assert [waiting["reason"]["code"] for waiting in read["waiting"]] == ["nothing_left_in_city"]

        eventually(waits)
        shared = worker.post("/v1/stock/share", json={**asked, "sharing": "city"})
        assert (shared.status_code, shared.json()["sharing"]) == (200, "city"), shared.text
    state_is(api, needed, "ready")

    def shown() -> None:
        (account,) = api.get("/v1/stock", params={"station_id": here, "commodity": "goods:biscuits"}).json()["items"]
        assert (account["balance"], account["reserved"], account["reserve"]) == (3, 2, 1)
        assert (account["area"], account["sharing"]) == (AREA, "city")

    eventually(shown)
    since = [row["event"] for row in whole_feed(api) if position(row["cursor"]) > position(before)]
    decided = [event for event in since if event["type"] == "charity.stock.shared"]
    assert [event["data"]["stock"][0]["sharing"] for event in decided] == ["own", "city"]
    assert len({event["data"]["shared_by"] for event in decided}) == 1, "by the same, who is not named"


def test_a_decision_about_stock_is_refused_by_permission_area_and_field(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    here, there = station(api), station(api, ELSEWHERE)
    asked = {"station_id": here, "item": "quilt", "sharing": "own"}
    with gateway.client(gateway.key("reader", area=STREET)) as reader:
        refused = reader.post("/v1/stock/share", json=asked)
        assert (refused.status_code, refused.json()["rule"]) == (403, "permission_missing"), refused.text
    with gateway.client(gateway.key("station_worker", area=STREET)) as worker:
        outside = worker.post("/v1/stock/share", json={**asked, "station_id": there})
        unknown = worker.post("/v1/stock/share", json={**asked, "station_id": there[:-4] + "zzzz"})
        assert (outside.status_code, outside.json()["rule"]) == (404, "unknown_id"), outside.text
        assert (unknown.status_code, unknown.json()["rule"]) == (404, "unknown_id"), "as if there were no such station"
        for change, field in (
            ({"sharing": "province"}, "sharing"),
            ({"reserve": -1}, "reserve"),
            ({"reserve": 10**14 + 1}, "reserve"),
            ({"item": "moon rock"}, "item"),
            ({"kind": "service"}, "item"),
            ({"colour": "red"}, "colour"),
        ):
            bad = worker.post("/v1/stock/share", json={**asked, **change})
            named = [error["field"] for error in bad.json()["errors"]]
            assert (bad.status_code, named) == (422, [field]), bad.text
