"""People's data over HTTP: separate consent, a copy of all services, consent to be matched, and data by its age."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from gateway_stack import AREA, RunningGateway, created, need, station, until
from inactive_person import open_inactivity
from waiting import eventually

from services.volunteering.people.retention import InactiveVolunteers

pytestmark = pytest.mark.integration

VOLUNTEER: dict[str, Any] = {
    "name": "Meng Invented", "phone": "13799990007", "area": AREA, "location": {"lon": 116.34, "lat": 39.93},
}  # fmt: skip


def post(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(path, json=body)
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


def test_an_agency_reads_the_consented_scope_between_consent_and_withdrawal(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    key = post(api, "/v1/keys", {"name": "An insurer", "roles": ["agency", "reader"], "area": AREA[:4]})
    person = {"kind": "volunteer", "id": post(api, "/v1/volunteers", VOLUNTEER)["id"]}
    wanted = {"person": person, "scopes": ["contact"], "purpose": "insurance"}
    with gateway.client(key["key"]) as agency:
        before = agency.post("/v1/people/shared", json=wanted)
        unknown = agency.post("/v1/people/shared", json={**wanted, "person": {"kind": "volunteer", "id": "vol_0"}})
        assert (before.status_code, before.json()["rule"]) == (404, "nothing_shared")
        assert before.text.replace(person["id"], "vol_0") == unknown.text, "nobody learns which id there is"
        expires = (datetime.now(UTC) + timedelta(days=30)).isoformat()
        asked = {**wanted, "recipient": key["principal"], "expires_at": expires}
        consent = post(api, "/v1/consents", asked)
        opened = agency.post("/v1/people/shared", json=wanted).json()
        assert opened["contact"] == {"phone": "+8613799990007"}
        assert [opened[name] for name in ("identity", "location", "service_record", "need_words")] == [None] * 4
        assert eventually(lambda: agency.get(f"/v1/volunteers/{person['id']}").json()["name"]) is None
        assert agency.post("/v1/people/copies", json={"people": [person], "reason": "asked_by_person"}).is_client_error
        path = f"/v1/consents/{consent['id']}"
        assert api.post(f"{path}/withdraw").json()["state"] == "withdrawn"
        after = agency.post("/v1/people/shared", json=wanted)
        assert (after.status_code, after.json()["rule"]) == (404, "nothing_shared")

    def shown() -> None:
        listed = api.get("/v1/consents", params={"person_id": person["id"]}).json()["items"]
        assert [(row["id"], row["state"]) for row in listed] == [(consent["id"], "withdrawn")]
        changes = api.get(f"{path}/history").json()["items"]
        assert [change["happened"] for change in changes] == ["given", "withdrawn"]

    eventually(shown)
    _copy_is_whole(api, person, consent["id"], key["principal"])


def test_the_consent_of_a_resident_is_shown_to_those_alone_who_may_see_residents(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    roles = {"reader": ["reader"], "worker": ["station_worker"], "clinic": ["agency", "reader"]}
    keys = {
        name: post(api, "/v1/keys", {"name": f"Of a {name}", "roles": given, "area": AREA[:4]})
        for name, given in roles.items()
    }
    wang = created(api, "/v1/residents", {"station_id": station(api), "name": "Wang Invented", "birth_year": 1944})
    expires = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    terms = {"scopes": ["contact"], "purpose": "case_referral", "recipient": keys["clinic"]["principal"]}
    asked = {"person": {"kind": "resident", "id": wang}, "expires_at": expires, **terms}
    consent = created(api, "/v1/consents", asked)

    def listed(name: str) -> list[str]:
        with gateway.client(keys[name]["key"]) as client:
            found = client.get("/v1/consents", params={"person_id": wang}).json()["items"]
            one, changes = (client.get(f"/v1/consents/{consent}{more}").status_code for more in ("", "/history"))
            assert (one, changes) == ((200, 200) if found else (404, 404))
            return [row["id"] for row in found]

    def task_of(name: str) -> bool:
        with gateway.client(keys[name]["key"]) as client:
            tasks = client.get("/v1/tasks", params={"area": AREA, "code": "renew_consent"}).json()["items"]
            return consent in [task["id"] for task in tasks]

    until(lambda: listed("worker") == [consent], "a station worker lists the consent")
    assert (listed("clinic"), listed("reader")) == ([consent], [])
    until(lambda: task_of("worker"), "its renewal is a task")
    assert not task_of("reader")
    assert not task_of("clinic")
    with gateway.client(keys["reader"]["key"]) as reader:
        assert reader.get("/v1/events", params={"type": "stations.resident_consent"}).status_code == 403
        assert consent not in reader.get("/v1/events", params={"subject": consent}).text


def test_the_erasure_of_a_resident_is_shown_to_those_alone_who_may_see_residents(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    keys = {
        role: post(api, "/v1/keys", {"name": role, "roles": [role], "area": AREA[:4]})
        for role in ("reader", "station_worker")
    }
    zhou = created(api, "/v1/residents", {"station_id": station(api), "name": "Zhou Invented", "birth_year": 1941})
    asked = {"people": [{"kind": "resident", "id": zhou}], "ground": "consent_withdrawn", "area": AREA}
    erasure = created(api, "/v1/erasures", asked)

    def seen(role: str) -> tuple[bool, int, int, bool]:
        with gateway.client(keys[role]["key"]) as client:
            listed = [row["id"] for row in client.get("/v1/erasures", params={"limit": 200}).json()["items"]]
            one, changes = (client.get(f"/v1/erasures/{erasure}{more}").status_code for more in ("", "/history"))
            told = client.get("/v1/events", params={"subject": erasure, "limit": 200}).text
            return erasure in listed, one, changes, erasure in told

    until(lambda: seen("station_worker") == (True, 200, 200, True), "a station worker sees the erasure")
    assert seen("reader") == (False, 404, 404, False)
    with gateway.client(keys["reader"]["key"]) as reader, gateway.client(keys["station_worker"]["key"]) as knows:
        totals = [client.get("/v1/erasures:count").json()["total"] for client in (reader, knows)]
        assert totals[0] < totals[1]
        assert reader.get("/v1/events", params={"type": "stations.private_erasure"}).status_code == 403


def test_a_file_of_a_need_is_downloaded_as_it_came_and_by_nobody_else(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    about = created(api, "/v1/needs", need(station(api), publish=False))
    path = f"/v1/needs/{about}/attachments"
    scan = b"%PDF-1.7\n" + bytes(range(256)) * 2_800
    sent = api.post(path, params={"kind": "consent_scan"}, content=scan)
    assert sent.status_code == 201, sent.text
    file = sent.json()
    assert (file["media_type"], file["size"], sent.headers["location"]) == (
        "application/pdf", len(scan), f"{path}/{file['id']}"
    )  # fmt: skip
    assert api.get(path).json()["items"] == [file]
    read = api.get(f"{path}/{file['id']}")
    assert (read.content, read.headers["content-type"]) == (scan, "application/pdf")
    assert read.headers["content-disposition"] == f'attachment; filename="{file["id"]}.pdf"'
    assert read.headers["x-content-type-options"] == "nosniff"
    refused = api.post(path, params={"kind": "photo"}, content=b"<html>")
    assert (refused.status_code, refused.json()["rule"]) == (422, "attachment_of_other_form")
    assert api.post(path, content=bytes(10 * 1024 * 1024 + 1)).status_code == 413
    keys = {role: post(api, "/v1/keys", {"name": role, "roles": [role], "area": AREA[:4]}) for role in ("reader",)}
    with gateway.client(keys["reader"]["key"]) as reader:
        assert reader.get(f"{path}/{file['id']}").status_code == 403
        assert reader.post(path, content=scan).status_code == 403
    left = api.post(f"{path}/{file['id']}/remove", json={"reason": "added_by_mistake"}).json()
    assert (left, api.get(f"{path}/{file['id']}").status_code) == ({"items": []}, 404)


def _copy_is_whole(api: httpx.Client, person: dict[str, Any], consent: str, agency: str) -> None:
    answer = api.post("/v1/people/copies", json={"people": [person], "reason": "asked_by_person"})
    assert answer.headers["content-disposition"] == 'attachment; filename="personal-data.json"'
    copy = answer.json()
    assert copy["complete"]
    assert {each["service"] for each in copy["services"]} == {"stations", "charity", "volunteering"}
    items = [item for each in copy["services"] for item in each["items"]]
    contents = {item["collection"]: item["content"] for item in items}
    assert contents["volunteer_people"]["name"] == "Meng Invented"
    assert (contents["consents"]["_id"], contents["consents"]["state"]) == (consent, "withdrawn")
    read = [item["content"] for item in items if item["collection"] == "audit" and item["content"]["what"] == "shared"]
    assert [(row["by"][-1], row["why"]) for row in read] == [(agency, "insurance")]


def matched_by(database: Any, person: str, tags: list[str]) -> None:
    """Wait until the person is found by those tags alone."""
    until(lambda: database["volunteers"].find_one({"_id": person})["tags"] == tags, f"{person} has the tags {tags}")


def test_a_registration_records_the_consent_and_its_withdrawal_ends_the_matching(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    words = {"words_version": "2026-01", "obtained": "in_writing"}
    person = post(api, "/v1/volunteers", {**VOLUNTEER, "phone": "13799990008", "consent": words})["id"]

    def recorded() -> Any:
        return api.get("/v1/consents", params={"person_id": person}).json()["items"]

    (consent,) = until(recorded, "the consent is listed")
    assert {name: consent[name] for name in words} == words
    assert (consent["purpose"], consent["recipient"], consent["given_by"]) == ("volunteer_matching", None, "self")
    assert api.post(f"/v1/consents/{consent['id']}/withdraw").json()["state"] == "withdrawn"
    with gateway.database("volunteering") as database:
        matched_by(database, person, ["withheld:any"])
    again = {"person": {"kind": "volunteer", "id": person}, "purpose": "volunteer_matching", **words}
    again["scopes"] = ["identity", "location", "service_record"]
    post(api, "/v1/consents", {**again, "expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat()})
    with gateway.database("volunteering") as database:
        matched_by(database, person, ["any"])


def test_an_inactive_volunteer_is_erased_by_age(gateway: RunningGateway, api: httpx.Client) -> None:
    person = post(api, "/v1/volunteers", {**VOLUNTEER, "phone": "13799990009"})["id"]
    rule, later = InactiveVolunteers(1096), datetime.now(UTC) + timedelta(days=1200)
    with gateway.database("volunteering") as database:
        found: list[str] = []
        while (batch := rule.delete_batch(database, later)) is not None:
            found += batch
        assert person in found
        # Of the others, who are those of other tests, nobody is erased.
        database["timers"].delete_many({"_id": {"$regex": "^inactive:", "$ne": f"inactive:{person}"}})
        database["timers"].update_one({"_id": f"inactive:{person}"}, {"$set": {"due": datetime.now(UTC)}})

        def forgotten() -> bool:
            return bool(database["volunteers"].find_one({"_id": person})["tags"] == [])

        until(forgotten, "no search finds the volunteer")


def test_an_inactive_volunteer_with_hours_is_a_task_until_somebody_decides(
    gateway: RunningGateway, api: httpx.Client
) -> None:
    person = post(api, "/v1/volunteers", {**VOLUNTEER, "phone": "13799990010"})["id"]
    inactivity = open_inactivity(gateway, person, AREA)

    def tasks() -> list[dict[str, Any]]:
        listed = api.get("/v1/tasks", params={"code": "decide_inactivity", "area": AREA}).json()["items"]
        return [task for task in listed if task["id"] == inactivity]

    (task,) = until(tasks, "it is in the work list")
    assert (task["path"], task["overdue"]) == (f"/v1/inactivities/{inactivity}", False)
    assert person in task["text"]
    refused = api.post(f"{task['path']}/keep", json={"reason": "it is nice"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "reason")
    kept = post(api, f"{task['path']}/keep", {"reason": "proof_requested"})
    assert (kept["state"], kept["reason"], kept["next_step"]) == ("kept", "proof_requested", None)
    assert eventually(lambda: not tasks())
    rows = until(lambda: api.get("/v1/audit", params={"subject": inactivity}).json()["items"], "on record")
    assert [(row["what"], row["why"]) for row in rows] == [("KeepInactiveVolunteer", "proof_requested")]
