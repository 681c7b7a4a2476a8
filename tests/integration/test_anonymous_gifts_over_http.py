"""An anonymous gift over HTTP: seen by all as anonymous, its donor by charity's own officers alone, on record."""

import json

import httpx
import pytest
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, created, station, whole_feed
from waiting import eventually

pytestmark = pytest.mark.integration
GOODS = [{"item": "quilt", "quantity": 1, "unit": "piece"}]


def test_the_donor_of_an_anonymous_gift_is_shown_to_charitys_officers_alone(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    here = station(api)
    donor = created(api, "/v1/donors", {"name": "Wu Invented", "phone": "13800000001", "area": AREA})
    with gateway.client(gateway.key("charity_officer", area=STREET)) as officer:
        body = {"station_id": here, "goods": GOODS, "donor_id": donor, "anonymous": True}
        given = officer.post("/v1/donations", json=body)
        assert (given.status_code, given.json()["anonymous"], given.json()["donor_id"]) == (201, True, None)
        gift = given.json()["id"]
        shown = officer.get(f"/v1/donations/{gift}/donor")
        assert shown.json() == {"donation_id": gift, "donor_id": donor, "anonymous": True}, shown.text
        assert officer.get("/v1/donations", params={"donor_id": donor}).json()["items"] == []
    for role, status in (("station_worker", 403), ("supervisor", 403), ("platform", 403), ("reader", 403)):
        with gateway.client(gateway.key(role, area=STREET)) as other:
            assert other.get(f"/v1/donations/{gift}/donor").status_code == status, role
            seen = other.get(f"/v1/donations/{gift}").json()
            assert (seen["anonymous"], seen["donor_id"]) == (True, None)
    with gateway.client(gateway.key("charity_officer", area=ELSEWHERE)) as elsewhere:
        assert elsewhere.get(f"/v1/donations/{gift}/donor").status_code == 404

    def nowhere_together() -> None:
        about = [row["event"] for row in whole_feed(api) if gift in json.dumps(row["event"])]
        assert about
        assert not [event for event in about if donor in json.dumps(event)]
        rows = api.get("/v1/audit", params={"subject": gift}).json()["items"]
        assert {"Donate", "giver"} <= {row["what"] for row in rows}
        assert not [row for row in rows if donor in row["about"]]

    eventually(nowhere_together)


def test_an_anonymous_donor_is_registered_first_and_found_twice_registered(api: httpx.Client) -> None:
    here = station(api)
    body = {"station_id": here, "goods": GOODS, "donor": {"name": "Wu Invented"}, "anonymous": True}
    refused = api.post("/v1/donations", json=body)
    assert (refused.status_code, refused.json()["rule"]) == (422, "anonymous_donor_registered"), refused.text
    twice = [
        created(api, "/v1/donors", {"name": "Wei Invented", "phone": "13800000002", "area": AREA}) for _ in range(2)
    ]
    for donor in twice:
        created(api, "/v1/donations", {"station_id": here, "goods": GOODS, "donor_id": donor, "anonymous": True})
    asked = {"person": {"kind": "donor", "id": twice[0]}, "why": "tidying the register"}
    found = api.post("/v1/people/likely-duplicates", json=asked)
    assert found.status_code == 200, found.text
    assert twice[1] in json.dumps(found.json())
