"""Everyone acts in their own area: the same on every path; and every write is on record."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import httpx
import pytest
from elsewhere import NO_AREA, PAID, breach, consent, erasure, organisation, payment_of, shortfall_of
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, created, need, station, until, volunteer
from inactive_person import open_inactivity
from indistinguishable import Look, counting_queries, look_alike, same
from played_residents import CREATIONS, NAMED
from played_screening import screening
from played_staff import worker
from things_elsewhere import PLAIN_BODIES, check_of, finding, misdirection_of, plain_things_of, taking_part_at, visit
from waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.long]
EVERY_ROLE: Final = ("supervisor", "charity_officer", "volunteer_coordinator", "integrator", "auditor")
PEOPLE: Final = ("volunteers/{volunteer_id}", "donors/{donor_id}")


@pytest.fixture(scope="module")
def street(gateway: RunningGateway) -> Iterator[httpx.Client]:
    """One who may do everything, in one street."""
    with gateway.client(gateway.key(*EVERY_ROLE, area=STREET)) as client:
        yield client


@pytest.fixture(scope="module")
def far(gateway: RunningGateway) -> dict[str, str]:
    """Things of another district, by the name of their id."""
    with gateway.client() as api:
        there = station(api, ELSEWHERE)
        fund = created(api, "/v1/funds", {"area": ELSEWHERE, "name": "Fund"})
        gift = {"station_id": there, "goods": [{"item": "rice", "quantity": 1, "unit": "bag"}]}
        person = created(api, "/v1/volunteers", volunteer(area=ELSEWHERE, standing_acceptance=True))
        inactive = created(api, "/v1/volunteers", volunteer(area=ELSEWHERE))
        person_to_erase = created(api, "/v1/donors", {"name": "Ash Example", "area": ELSEWHERE})
        return {
            "station_id": there,
            "fund_id": fund,
            "donation_id": created(api, "/v1/donations", gift),
            "donor_id": created(api, "/v1/donors", {"name": "Elm Example", "area": ELSEWHERE}),
            "volunteer_id": person,
            "need_id": created(api, "/v1/needs", need(there)),
            **plain_things_of(gateway, api, there),
            **taking_part_at(api, there),
            "consent_id": created(api, "/v1/consents", consent(person, need(there)["due"])),
            "erasure_id": created(api, "/v1/erasures", erasure(person_to_erase)),
            "check_id": check_of(api, ELSEWHERE),
            "inactivity_id": open_inactivity(gateway, inactive, ELSEWHERE),
            "misdirection_id": misdirection_of(api, there),
            "shortfall_id": shortfall_of(api, there),
            "payment_id": payment_of(api, there),
            "account_id": created(api, "/v1/accounts", {"name": "far", "roles": ["reader"], "area": ELSEWHERE}),
            "export_id": created(api, "/v1/exports", {"report": "needs", "area": ELSEWHERE}),
            "webhook_id": created(api, "/v1/webhooks", {"name": "Theirs", "url": "https://receiver.example/events"}),
        }


def described(api: httpx.Client) -> dict[str, Any]:
    return dict(api.get("/openapi.json").json()["paths"])


@pytest.fixture
def looked_up(gateway: RunningGateway) -> Iterator[Look]:
    with gateway.database() as database, counting_queries(database) as look:
        yield look


def test_an_id_outside_the_area_is_answered_like_an_unknown_one_on_every_path(
    street: httpx.Client, far: dict[str, str], looked_up: Look
) -> None:
    bodies: dict[str, Any] = {
        "/v1/needs/{need_id}/evaluate": {"rating": 5},
        "/v1/donations/{donation_id}/correct": {"amount_fen": 1, "reason_code": "typed_wrong"},
        "/v1/needs/{need_id}/edit": {"severity": 4},
        "/v1/needs/{need_id}/amend": {"headcount": 2, "reason_code": "entered_wrongly"},
        "/v1/needs/{need_id}/undo-confirmation": {"reason_code": "wrong_amounts"},
        "/v1/dispatches/{dispatch_id}/adjust-hours": {"minutes": 0, "reason_code": "recorded_wrongly"},
        "/v1/dispatches/{dispatch_id}/hours": {"left_at": "2026-03-01T00:00:00Z", "reason_code": "forgot_check_out"},
        **{f"/v1/{path}/merge": {"into_id": "id_of_nobody"} for path in PEOPLE},
        **{f"/v1/{path}/unmerge": {"reason_code": "different_people"} for path in PEOPLE},
        "/v1/volunteers/{volunteer_id}/change": {"standing_acceptance": False},
        "/v1/organisations/{organisation_id}/change": {**organisation(), "area": STREET, "areas": [AREA]},
        "/v1/organisations/{organisation_id}/suspend": {"reason": "inspection_failed"},
        "/v1/organisations/{organisation_id}/end": {"reason": "deregistered"},
        "/v1/consents/{consent_id}/renew": {"expires_at": need("station_of_nobody")["due"]},
        "/v1/breaches/{breach_id}/change": {name: value for name, value in breach().items() if name != "area"},
        "/v1/breaches/{breach_id}/notify-authority": {"at": "2026-03-01T00:00:00Z"},
        "/v1/breaches/{breach_id}/notify-people": {"at": "2026-03-01T00:00:00Z"},
        "/v1/volunteers/{volunteer_id}/disown-registration": {"check_id": "check_of_nobody", "reason_code": "not_me"},
        "/v1/checks/{check_id}/resolve": {"outcome": "another_person"},
        "/v1/payments/{payment_id}/record": PAID,
        "/v1/payments/{payment_id}/refuse": {"reason_code": "withdrawn"},
        "/v1/payments/{payment_id}/reverse": {"reason_code": "wrong_payee"},
        **PLAIN_BODIES,
        "/v1/webhooks/{webhook_id}": {"name": "Mine now"},
        "/v1/webhooks/{webhook_id}/replay": {"since": "2026-03-01T00:00:00Z"},
    }
    tried = queries = 0
    for path, methods in described(street).items():
        if "{" not in path or path in NO_AREA:
            continue
        name = path[path.index("{") + 1 : path.index("}")]
        for method in methods:
            unknown = far[name][:-4] + "zzzz"
            body = bodies.get(path, {}) if method in {"post", "patch"} else None
            asks = [
                partial(street.request, method, path.replace(f"{{{name}}}", thing), json=body)
                for thing in (far[name], unknown)
            ]
            outside, nowhere, queried = look_alike(looked_up, asks)
            assert outside.status_code == 404, f"{method} {path}: {outside.text}"
            assert same(outside, far[name]) == same(nowhere, unknown), f"{method} {path}"
            tried += 1
            queries += queried
    assert min(tried, queries) > 12


def test_a_thing_outside_the_area_is_unknown_also_where_a_body_names_it(
    street: httpx.Client, far: dict[str, str]
) -> None:
    goods = [{"item": "rice", "quantity": 1, "unit": "bag"}]
    here = created(street, "/v1/funds", {"area": STREET, "name": "Fund"})
    for path, body in (
        ("/v1/needs", lambda i: need(i["station_id"])),
        ("/v1/visits", lambda i: visit(i["station_id"])),
        *CREATIONS,
        ("/v1/workers", lambda ids: worker(ids["station_id"])),
        ("/v1/findings", lambda i: finding(i["visit_id"])),
        ("/v1/screenings", lambda i: screening(i["station_id"])),
        ("/v1/donations", lambda i: {"station_id": i["station_id"], "goods": goods}),
        ("/v1/donations", lambda i: {"fund_id": i["fund_id"], "amount_fen": 100}),
        ("/v1/donations", lambda i: {"fund_id": here, "amount_fen": 100, "donor_id": i["donor_id"]}),
    ):
        unknown = {name: thing[:-4] + "zzzz" for name, thing in far.items()}
        outside, missing = street.post(path, json=body(far)), street.post(path, json=body(unknown))
        assert outside.status_code == 404, outside.text
        named = next(name for name in NAMED if name in body(far))
        assert same(outside, far[named]) == same(missing, unknown[named])


def test_an_area_named_outside_the_own_is_refused_by_its_name_on_every_path(street: httpx.Client) -> None:
    tried = 0
    for path, methods in described(street).items():
        parameters = {p["name"] for p in methods.get("get", {}).get("parameters", ())}
        if "area" in parameters:
            for area in (ELSEWHERE, "1101"):
                answer = street.get(path, params={"area": area})
                assert (answer.status_code, area in answer.text) == (403, True), f"{path}: {answer.text}"
            with street.stream("GET", path, params={"area": AREA}) as shown:  # one of events has no end
                assert shown.status_code == 200, path
            tried += 1
    assert tried > 6
    for path, body in (
        ("/v1/stations", {"area": ELSEWHERE, "name": "Station", "level": "station"}),
        ("/v1/funds", {"area": ELSEWHERE, "name": "Fund"}),
        ("/v1/donors", {"area": ELSEWHERE, "name": "Elm Example"}),
        ("/v1/volunteers", volunteer(area=ELSEWHERE)),
    ):
        answer = street.post(path, json=body)
        assert (answer.status_code, ELSEWHERE in answer.text) == (403, True), answer.text


def test_a_lacking_permission_is_refused_by_its_name_before_anything_is_read(gateway: RunningGateway) -> None:
    with gateway.client(gateway.key("reader")) as reader:
        answer = reader.post("/v1/needs/need_unknown/confirm")
        assert answer.status_code == 403
        assert "needs:confirm" in answer.text
        assert reader.get("/v1/audit").status_code == 403


def audit(api: httpx.Client, **wanted: Any) -> list[dict[str, Any]]:
    answer = api.get("/v1/audit", params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def same_ids(rows: list[dict[str, Any]], ids: list[str]) -> None:
    assert [row["id"] for row in rows] == ids


def test_a_write_and_a_read_of_personal_data_are_on_record_with_their_actor(gateway: RunningGateway) -> None:
    with (
        gateway.client() as admin,
        gateway.client(gateway.key("supervisor", area=STREET, principal="principal_s")) as worker,
    ):
        here = station(admin)
        need_id = created(worker, "/v1/needs", need(here))
        eventually(lambda: worker.get(f"/v1/needs/{need_id}", params={"text": "false"}).json()["id"])
        assert worker.get(f"/v1/needs/{need_id}").json()["title"]
        read, written = until(lambda: rows if len(rows := audit(admin, subject=need_id)) == 2 else None, "both rows")
        assert (written["what"], written["principal"], written["service"]) == (
            "RegisterNeed",
            "principal_s",
            "stations",
        )
        assert here in written["about"]
        assert written["areas"] == [AREA]
        assert (read["what"], read["why"]) == ("need_text", f"GET /v1/needs/{need_id}")
        both = [read["id"], written["id"]]
        eventually(lambda: same_ids(audit(worker, actor="principal_s"), both))
        assert audit(admin, actor="principal_s", until=written["at"]) == []


def test_what_was_refused_accuses_nobody(gateway: RunningGateway, far: dict[str, str]) -> None:
    with (
        gateway.client() as admin,
        gateway.client(gateway.key(*EVERY_ROLE, area=STREET, principal="p_refused")) as street,
    ):
        for path in ("need_id", "volunteer_id"):
            street.get(f"/v1/{path.removesuffix('_id')}s/{far[path]}")
        street.post(f"/v1/needs/{far['need_id']}/cancel", json={})
        assert audit(admin, actor="p_refused") == []


def test_a_donor_is_read_and_listed_in_the_area_that_keeps_them_alone(
    gateway: RunningGateway, street: httpx.Client, far: dict[str, str]
) -> None:
    mine = street.post("/v1/donors", json={"name": "Elm Example"}).json()
    assert mine["area"] == STREET
    shown = eventually(lambda: street.get(f"/v1/donors/{mine['id']}").json()["name"])
    assert shown == "Elm Example"
    with gateway.client() as admin, gateway.client(gateway.key(*EVERY_ROLE, area=ELSEWHERE)) as neighbour:
        nobodys = created(admin, "/v1/donors", {"name": "Ash Example"})
        until(lambda: admin.get(f"/v1/donors/{nobodys}").is_success, "the other donor is shown to those who may see it")
        listed = {item["id"] for item in street.get("/v1/donors", params={"limit": 200}).json()["items"]}
        assert mine["id"] in listed
        assert not listed & {far["donor_id"], nobodys}
        assert street.get(f"/v1/donors/{nobodys}").status_code == 404
        assert neighbour.get(f"/v1/donors/{mine['id']}").status_code == 404
        named = eventually(lambda: neighbour.get(f"/v1/donors/{far['donor_id']}").json()["name"])
        assert named == "Elm Example"
        (row,) = until(lambda: audit(admin, subject=far["donor_id"], limit=1), "the row about the donor")
        assert row["areas"] == [ELSEWHERE]


def test_an_auditor_of_a_street_sees_the_rows_of_that_street_alone(
    gateway: RunningGateway, street: httpx.Client, far: dict[str, str]
) -> None:
    assert audit(street, subject=far["need_id"]) == []
    with gateway.client() as admin:
        until(lambda: audit(admin, subject=far["need_id"]), "a row for those who may see it")


def test_an_auditor_of_a_street_sees_no_ids_of_another_in_a_row_about_both(gateway: RunningGateway) -> None:
    with gateway.client() as admin, gateway.client(gateway.key("auditor", area=STREET)) as auditor:
        near, far = station(admin), station(admin, ELSEWHERE)
        posted = admin.post("/v1/needs:batch", json={"needs": [need(near), need(far)]}).json()["items"]
        mine, other = (item["need"]["id"] for item in posted)
        (row,) = until(lambda: audit(auditor, subject=mine, limit=1), "the row about both")
        assert (row["what"], row["about"], row["areas"]) == ("RegisterNeeds", [mine], [AREA])
        assert audit(auditor, subject=other) == []
        (whole,) = audit(admin, subject=other, limit=1)
        assert set(whole["about"]) == {mine, other}


def test_pages_of_the_audit_go_on_where_the_page_ended_over_all_services(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        whole = audit(admin, limit=200)
        assert {row["service"] for row in whole} == {"gateway", "stations", "charity", "volunteering"}
        assert [row["id"] for row in whole] == sorted((row["id"] for row in whole), reverse=True)
        pages, after = [], None
        for _ in range(5):
            answer = admin.get("/v1/audit", params={"limit": 3} | ({"after": after} if after else {})).json()
            pages += answer["items"]
            after = answer["next"]
        assert [row["id"] for row in pages] == [row["id"] for row in whole[:15]]


def test_the_actor_of_an_event_is_opaque_and_resolved_on_record_alone(gateway: RunningGateway) -> None:
    with (
        gateway.client() as admin,
        gateway.client(gateway.key("platform", principal="p_publishes")) as platform,
        gateway.client(gateway.key("auditor", principal="p_audits")) as auditor,
    ):
        need_id = created(platform, "/v1/needs", need(station(admin)))

        def reference_in_feed() -> str:
            events = platform.get(f"/v1/needs/{need_id}/events")
            assert "p_publishes" not in events.text
            told = [item["event"] for item in events.json()["items"]]
            (found,) = [e["data"]["published_by"] for e in told if e["type"] == "stations.need.published"]
            return str(found)

        reference = eventually(reference_in_feed)
        path = f"/v1/actors/{reference}"
        assert platform.get(path).status_code == 403
        assert audit(admin, subject=reference) == []
        assert auditor.get(path).json() == {"reference": reference, "principal": "p_publishes", "kind": "key"}
        (row,) = until(lambda: audit(admin, subject=reference), "the row about the reading")
        assert (row["what"], row["principal"], row["why"]) == ("actor", "p_audits", f"GET {path}")
        unknown = f"{reference[:-4]}zzzz"
        for wrong in (unknown, "actor.gateway.x", "principal_admin"):
            assert auditor.get(f"/v1/actors/{wrong}").status_code == 404
        assert audit(admin, subject=unknown) == []
