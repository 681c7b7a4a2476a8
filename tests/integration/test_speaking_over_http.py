"""A coordinator passes on the word of a volunteer who has a telephone alone; another volunteer signs in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from gateway_stack import AREA, STREET, RunningGateway, created, need, state_is, station, until, volunteer
from waiting import eventually

pytestmark = pytest.mark.integration
WORDS = "nine brown owls in the barn"
_NAMES = count(1)


@pytest.fixture(scope="module")
def coordinator(gateway: RunningGateway) -> Iterator[httpx.Client]:
    roles = ("volunteer_coordinator", "supervisor", "charity_officer", "auditor")
    with gateway.client(gateway.key(*roles, area=STREET, principal="principal_coordinator")) as client:
        yield client


def offers(admin: httpx.Client, skill: str, **person: Any) -> dict[str, str]:
    """The offers of a need to its two volunteers, who alone have that skill: by their ids."""
    here, able = station(admin), {"skills": [skill]}
    people = {created(admin, "/v1/volunteers", volunteer(**able, **person)) for _ in range(2)}
    now = datetime.now(UTC)
    slot = {"starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    wanted = {"headcount": 2, "languages": [], **able, **slot}
    need_id = created(admin, "/v1/needs", need(here, lines=[], volunteers=wanted))

    def asked() -> dict[str, str]:
        listed = admin.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
        assert {each["volunteer_id"] for each in listed} == people, listed
        return {each["volunteer_id"]: each["id"] for each in listed}

    return eventually(asked)


@pytest.fixture
def signed_in(gateway: RunningGateway, coordinator: httpx.Client) -> Iterator[Any]:
    """Signs volunteers in."""
    clients: list[httpx.Client] = []

    def sign_in(volunteer_id: str) -> httpx.Client:
        body = {"name": f"helper-{next(_NAMES)}", "roles": ["volunteer"], "volunteer_id": volunteer_id}
        made = eventually(lambda: _made(coordinator.post("/v1/accounts", json=body)))
        clients.append(client := gateway.client("nobody"))
        del client.headers["Authorization"]
        assert client.post("/v1/passwords", json={"code": made["code"], "password": WORDS}).status_code == 200
        begun = client.post("/v1/sessions", json={"name": made["name"], "password": WORDS})
        client.headers["Authorization"] = f"Bearer {begun.json()['token']}"
        return client

    yield sign_in
    for client in clients:
        client.close()


def _made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_the_word_of_a_volunteer_on_the_telephone_is_passed_on_and_the_audit_has_both(
    gateway: RunningGateway, coordinator: httpx.Client
) -> None:
    with gateway.client() as admin:
        dispatches = offers(admin, "sign_language")
    (mine, my_offer), (other, _) = dispatches.items()
    path = f"/v1/dispatches/{my_offer}/accept"
    wrong = coordinator.post(path, headers={"On-Behalf-Of": other})
    assert (wrong.status_code, wrong.json()["rule"]) == (404, "unknown_id")
    key = {"Idempotency-Key": "by telephone"}
    done = [coordinator.post(path, headers={"On-Behalf-Of": mine, **key}) for _ in range(2)]
    assert [(each.status_code, each.json()["state"]) for each in done] == [(200, "accepted")] * 2
    rows = coordinator.get("/v1/audit", params={"subject": my_offer}).json()["items"]
    assert [(row["what"], row["principal"], row["on_behalf_of"]) for row in rows] == [
        ("AcceptOffer", "principal_coordinator", mine)
    ]


def test_a_donor_and_a_resident_are_spoken_for_and_an_anonymous_donor_is_not(
    gateway: RunningGateway, coordinator: httpx.Client
) -> None:
    with gateway.client() as admin:
        fund = created(admin, "/v1/funds", {"area": AREA, "name": "Fund of the lane"})
        donor = created(coordinator, "/v1/donors", {"name": "Elm Example", "area": AREA})
        gift = {"fund_id": fund, "donor_id": donor, "amount_fen": 100}
        told = {"On-Behalf-Of": donor}

        def given() -> str:
            answer = coordinator.post("/v1/donations", json=gift, headers=told)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        donation = eventually(given)
        for body, rule in (
            ({**gift, "anonymous": True}, "not_on_behalf"),
            ({**gift, "donor_id": None}, "speaks_for_another"),
        ):
            refused = coordinator.post("/v1/donations", json=body, headers=told)
            assert (refused.status_code, refused.json()["rule"]) == (403, rule)
        served = created(admin, "/v1/needs", need(station(admin), lines=[{"kind": "money", "amount_fen": 100}]))
        state_is(admin, served, "ready")
        delivered = {"delivered": [{"line_id": "l1", "amount": 100}]}
        assert admin.post(f"/v1/needs/{served}/confirm", json=delivered).status_code == 200
        rated = coordinator.post(f"/v1/needs/{served}/evaluate", json={"rating": 5}, headers={"On-Behalf-Of": served})
        assert rated.status_code == 200, rated.text
        for thing, person in ((donation, donor), (served, served)):
            rows = admin.get("/v1/audit", params={"subject": thing}).json()["items"]
            assert person in {row["on_behalf_of"] for row in rows}, rows


def test_a_volunteer_sees_and_answers_their_own_dispatches_and_nothing_else(
    gateway: RunningGateway, signed_in: Any
) -> None:
    with gateway.client() as admin:
        dispatches = offers(admin, "hairdressing", name="Wren Example")
        (mine, my_offer), (other, other_offer) = dispatches.items()
        me = signed_in(mine)
        shown = me.get("/v1/me")
        assert (shown.json()["id"], shown.json()["name"]) == (mine, "Wren Example")
        (listed,) = until(lambda: me.get("/v1/me/dispatches").json()["items"], "the offer is shown")
        assert (listed["id"], listed["volunteer_id"]) == (my_offer, mine)
        assert me.get("/v1/me/hours").json()["balance_minutes"] == 0
        theirs = me.post(f"/v1/dispatches/{other_offer}/accept")
        nobodys = me.post(f"/v1/dispatches/{other_offer[:-4]}zzzz/accept")
        assert (
            (theirs.status_code, theirs.json()["rule"])
            == (nobodys.status_code, nobodys.json()["rule"])
            == (404, "unknown_id")
        )
        assert me.post(f"/v1/dispatches/{my_offer}/accept", headers={"On-Behalf-Of": other}).status_code == 403
        assert me.post(f"/v1/dispatches/{my_offer}/accept").json()["state"] == "accepted"
        general = ("dispatches", "volunteers", "needs", "events", "audit", "tasks", "accounts", "donors", "timebank")
        for path in (
            *general,
            f"volunteers/{mine}",
            f"volunteers/{other}",
            f"timebank/{mine}",
            f"dispatches/{my_offer}",
        ):
            assert me.get(f"/v1/{path}").status_code == 403, path
        stated = {"left_at": "2026-03-01T00:00:00Z", "reason_code": "forgot_check_out"}
        assert me.post(f"/v1/dispatches/{my_offer}/hours", json=stated).status_code == 403
        reads = admin.get("/v1/audit", params={"subject": mine}).json()["items"]
        (row,) = (each for each in reads if each["what"] == "volunteer")
        assert (row["why"], row["on_behalf_of"], row["kind"]) == ("GET /v1/me", mine, "person")


def test_a_volunteers_account_is_of_one_volunteer_within_reach_and_no_key_has_that_role(
    gateway: RunningGateway, coordinator: httpx.Client
) -> None:
    with gateway.client() as admin:
        here = created(admin, "/v1/volunteers", volunteer())
        far = created(admin, "/v1/volunteers", volunteer(area="110105001001"))
        for body, status, rule in (
            ({"roles": ["volunteer"]}, 422, "account_scope_impossible"),
            ({"roles": ["reader", "volunteer"], "volunteer_id": here}, 422, "volunteer_account_alone"),
            ({"roles": ["volunteer"], "volunteer_id": here, "area": AREA}, 422, "volunteer_account_alone"),
            ({"roles": ["volunteer"], "volunteer_id": far}, 404, "unknown_id"),
        ):
            refused = coordinator.post("/v1/accounts", json={"name": "helper-wrong", **body})
            assert (refused.status_code, refused.json()["rule"]) == (status, rule), refused.text
        key = admin.post("/v1/keys", json={"name": "Helper", "roles": ["volunteer"]})
        assert (key.status_code, key.json()["rule"]) == (422, "volunteer_needs_account")
