"""Delivered money is paid over HTTP: recorded with its receipt, approved by another, its payee read on record."""

import httpx
import pytest
from elsewhere import PAID, payment_of
from gateway_stack import ELSEWHERE, RunningGateway, station
from waiting import eventually

pytestmark = pytest.mark.integration


def test_a_payment_is_recorded_read_on_record_and_taken_back(gateway: RunningGateway, api: httpx.Client) -> None:
    owed = payment_of(api, station(api, ELSEWHERE))
    seen = api.get(f"/v1/payments/{owed}")
    assert (seen.json()["state"], seen.json()["used_fen"]) == ("owed", 100)
    assert api.get(f"/v1/payments/{owed}/payee").status_code == 404, "nobody is recorded yet"
    person = {"kind": "person", "name": "Lin Invented", "account": "Example Bank 17"}
    bad = api.post(f"/v1/payments/{owed}/record", json={**PAID, "payee": {"kind": "person", "name": "Lin Invented"}})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "payee.account"), bad.text
    other = api.post(f"/v1/payments/{owed}/record", json={**PAID, "amount_fen": 99})
    assert (other.status_code, other.json()["rule"]) == (422, "amount_not_owed"), other.text
    headers = {"If-Match": seen.headers["ETag"]}
    paid = api.post(f"/v1/payments/{owed}/record", json={**PAID, "payee": person}, headers=headers)
    assert (paid.status_code, paid.json()["state"], paid.json()["paid_fen"]) == (200, "paid", 100), paid.text
    assert "Lin" not in paid.text + api.get(f"/v1/payments/{owed}/history").text
    read = api.get(f"/v1/payments/{owed}/payee").json()
    assert (read["name"], read["account"], read["evidence"]) == ("Lin Invented", "Example Bank 17", PAID["evidence"])

    def recorded() -> None:
        rows = api.get("/v1/audit", params={"subject": owed}).json()["items"]
        assert any("payee" in str(row) for row in rows)

    eventually(recorded)
    with gateway.client(gateway.key("station_worker", area="110105")) as worker:
        assert worker.get(f"/v1/payments/{owed}/payee").status_code == 403
        refused = worker.post(f"/v1/payments/{owed}/reverse", json={"reason_code": "wrong_payee"})
        assert (refused.status_code, refused.json()["rule"]) == (403, "permission_missing"), refused.text
    back = api.post(f"/v1/payments/{owed}/reverse", json={"reason_code": "wrong_payee"})
    assert (back.status_code, back.json()["state"]) == (200, "owed"), back.text
    again = api.post(f"/v1/payments/{owed}/record", json=PAID)
    assert again.json()["state"] == "awaiting_approval", again.text
    own = api.post(f"/v1/payments/{owed}/approve")
    assert (own.status_code, own.json()["rule"]) == (403, "own_act"), own.text
    with gateway.client(gateway.key("charity_officer", area="110105", principal="principal_second")) as second:
        assert second.post(f"/v1/payments/{owed}/approve").json()["paid_fen"] == 100
    tasks = api.get("/v1/tasks", params={"code": "record_payment", "limit": 200}).json()["items"]
    assert owed not in [task["id"] for task in tasks]
