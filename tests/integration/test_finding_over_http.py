"""An officer looks for a person over HTTP: both owners are asked, references are answered, nothing lies in clear."""

from typing import Any

import httpx
import pytest
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, created, until, volunteer
from identity_numbers import invented_number
from waiting import eventually

pytestmark = pytest.mark.integration
NUMBER = invented_number("19761123", order=41)
WHY = {"why": "a call about Saturday"}


def ask(api: httpx.Client, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = api.post(f"/v1/people/{path}", json={**WHY, **body})
    assert answer.status_code == status, answer.text
    assert NUMBER not in answer.text
    return dict(answer.json())


def test_an_officer_finds_a_person_who_volunteers_and_gives_and_the_look_up_is_on_record(
    gateway: RunningGateway,
) -> None:
    person = {"name": "Liu Example", "identity_number": NUMBER, "phone": "13744445555"}
    with gateway.client() as admin, gateway.client(gateway.key("charity_officer", area=STREET)) as officer:
        helper = created(admin, "/v1/volunteers", volunteer(**{**person, "birth_year": None}))
        donor = created(admin, "/v1/donors", {**person, "area": AREA})
        created(admin, "/v1/donors", {**person, "area": ELSEWHERE})
        both = [("volunteer", helper, AREA), ("donor", donor, AREA)]
        for wanted in (
            {"identity_number": NUMBER.lower()},
            {"phone": "+86 137-4444-5555"},
            {"name": "LIU  example", "birth_year": 1976},
        ):
            found = ask(officer, "look-up", wanted)
            assert [(one["kind"], one["id"], one["area"]) for one in found["items"]] == both, wanted
            assert (found["more"], found["unanswered"]) == (False, [])
        until(lambda: admin.get(f"/v1/donors/{donor}").is_success, "the donor is shown")
        until(lambda: admin.get(f"/v1/volunteers/{helper}").is_success, "the volunteer is shown")
        read = officer.get(f"/v1/donors/{donor}").json()
        assert (read["identity_number"], read["birth_year"]) == (NUMBER, 1976)
        assert officer.get(f"/v1/volunteers/{helper}").json()["birth_year"] == 1976

        def on_record() -> None:
            rows = admin.get("/v1/audit", params={"subject": donor}).json()["items"]
            assert {(row["what"], row["why"]) for row in rows} >= {("donor_look_up", WHY["why"])}

        eventually(on_record)


def test_likely_duplicates_are_shown_with_points_and_worded_reasons(gateway: RunningGateway) -> None:
    with gateway.client() as admin, gateway.client(gateway.key("volunteer_coordinator", area=STREET)) as coordinator:
        twice = [
            created(admin, "/v1/volunteers", volunteer(name=name, phone="13766667777", birth_year=1955))
            for name in ("苗秀英", "Miao Xiuying")
        ]
        found = ask(coordinator, "likely-duplicates", {"person": {"kind": "volunteer", "id": twice[0]}})
        (one,) = found["items"]
        assert (one["id"], one["kind"], one["score"] >= 80) == (twice[1], "volunteer", True)
        assert "a name of the same sound" in [reason["text"] for reason in one["reasons"]]
        described = {"details": {"name": "苗秀英", "phone": "13766667777"}}
        assert {one["id"] for one in ask(coordinator, "likely-duplicates", described)["items"]} == set(twice)
        unknown = {"person": {"kind": "donor", "id": "donor_none"}}
        assert ask(coordinator, "likely-duplicates", unknown, 404)["rule"] == "unknown_id"


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"phone": "13744445555", "identity_number": NUMBER}, "one_way_to_find"),
        ({"name": "Liu Example"}, "one_way_to_find"),
        ({"identity_number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")}, "identity_number_check"),
        ({"phone": "13744445555", "why": "about 13744445555"}, "no_personal_number"),
        ({"phone": "13744445555", "why": ""}, "string_too_short"),
    ],
)
def test_a_question_that_breaks_a_rule_is_refused_by_that_rule(
    gateway: RunningGateway, body: dict[str, Any], rule: str
) -> None:
    with gateway.client() as admin:
        refused = ask(admin, "look-up", body, 422)
        assert [error["rule"] for error in refused["errors"]] == [rule]


def test_a_reader_may_not_look_people_up(gateway: RunningGateway) -> None:
    with gateway.client(gateway.key("reader", "personal_reader")) as reader:
        assert "people:find" in ask(reader, "look-up", {"phone": "13744445555"}, 403)["detail"]


def test_a_registration_with_a_wrong_or_contradicting_number_is_refused_by_its_rule(gateway: RunningGateway) -> None:
    with gateway.client() as admin:
        for more, rule in (
            ({"identity_number": invented_number("20990101")}, "birth_date_in_future"),
            ({"identity_number": NUMBER, "birth_year": 1960}, "birth_year_contradicts"),
            ({"identity_number": "12345"}, "identity_number_form"),
        ):
            answer = admin.post("/v1/volunteers", json=volunteer(**{"birth_year": None, **more}))
            assert answer.status_code == 422, answer.text
            assert answer.json()["errors"][0]["rule"] == rule
