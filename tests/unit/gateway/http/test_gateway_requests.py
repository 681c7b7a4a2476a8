"""The bodies that may be posted, and the errors about those that may not."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from services.gateway.features.donations.request import DonationIn
from services.gateway.features.feed.cursors import read_cursor
from services.gateway.features.keys.request import KeyIn
from services.gateway.features.needs.request import NeedIn, NeedsIn
from services.gateway.features.webhooks.request import ReplayIn
from services.gateway.http.bodies import parse
from services.gateway.http.language import speaking
from services.gateway.http.problems import Problem, document
from shared.contracts.charity.donations import Donate
from shared.contracts.stations.areas import ImportAreas
from shared.contracts.stations.needs import RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.people import RegisterVolunteer
from shared.words import LANGUAGES, Wording

NEED: dict[str, Any] = {
    "station_id": "station_1",
    "title": "Rice for elders",
    "theme": "elderly_care",
    "urgency": "high",
    "due": "2030-01-02T08:00:00+08:00",
    "location": {"lon": 116.35, "lat": 39},
    "beneficiaries": {"count": 30, "groups": ["elderly_80_plus"]},
    "lines": [
        {"kind": "goods", "item": "quilt", "quantity": 30, "unit": "piece"},
        {"kind": "money", "amount_fen": 2000, "purpose": "transport"},
        {"kind": "service", "item": "counselling", "quantity": 2},
    ],
    "volunteers": {
        "headcount": 2,
        "skills": ["first_aid"],
        "languages": [],
        "starts_at": "2030-01-01T08:00:00Z",
        "ends_at": "2030-01-01T10:00:00Z",
    },
    "publish": True,
}
VOLUNTEER: dict[str, Any] = {
    "name": "Wen Example",
    "phone": "138 0000 0000",
    "area": "110102009017",
    "location": {"lon": 116.35, "lat": 39.93},
    "birth_year": 1960,
    "skills": ["first_aid"],
    "languages": ["kor"],
    "availability": [{"days": [1, 2], "start": "08:00", "end": "12:00"}],
    "standing_acceptance": True,
}
GIFT = {"station_id": "station_1", "donor": "Lin", "goods": [{"item": "quilt", "quantity": 4, "unit": "piece"}]}


def changed(body: dict[str, Any], path: str, value: Any) -> bytes:
    copy = json.loads(json.dumps(body))
    *parents, last = path.split(".")
    place = copy
    for part in parents:
        place = place[int(part) if part.isdigit() else part]
    if value is KeyError:
        del place[last]
    else:
        place[last] = value
    return json.dumps(copy).encode()


def accepted(**fields: Any) -> RegisterNeed:
    need = parse(NeedIn, json.dumps({**NEED, **fields}).encode())
    # As stations reads it from the wire.
    return RegisterNeed.model_validate_json(need.command().model_dump_json())


def problem(model: Any, body: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        parse(model, body)
    return caught.value


def test_a_need_as_posted_becomes_the_command_that_stations_takes() -> None:
    command = accepted()
    assert (command.title, command.urgency, len(command.lines)) == ("Rice for elders", "high", 3)
    assert command.due.isoformat() == "2030-01-02T08:00:00+08:00"


def test_beneficiaries_may_be_a_plain_number() -> None:
    assert accepted(beneficiaries=12).beneficiaries.count == 12


@pytest.mark.parametrize(
    ("written", "read"),
    [("low", "low"), ("normal", "normal"), ("medium", "normal"), ("urgent", "urgent"), ("critical", "urgent")],
)
def test_urgency_is_understood_in_the_words_people_use(written: str, read: str) -> None:
    assert accepted(urgency=written).urgency == read


@pytest.mark.parametrize(
    "donor", ["Lin Example", {"name": "Lin Example"}, {"name": "Lin Example", "phone": "+8613800000000"}]
)
def test_a_donor_may_be_named_in_the_donation(donor: Any) -> None:
    gift = parse(DonationIn, json.dumps({**GIFT, "donor": donor}).encode())
    command = Donate.model_validate_json(gift.command("110102009017").model_dump_json())
    assert command.donor is not None
    assert (command.donor.name, command.station_area) == ("Lin Example", "110102009017")


def test_a_volunteer_without_windows_languages_or_skills_is_welcome() -> None:
    short = {k: VOLUNTEER[k] for k in ("name", "phone", "area", "location")}
    volunteer = parse(RegisterVolunteer, json.dumps(short).encode())
    assert (volunteer.availability, volunteer.languages, volunteer.standing_acceptance) == ((), (), False)


BAD: list[tuple[Any, dict[str, Any], str, Any, str]] = [
    (NeedIn, NEED, "title", KeyError, "title"),
    (NeedIn, NEED, "title", "", "title"),
    (NeedIn, NEED, "title", 3, "title"),
    (NeedIn, NEED, "urgency", "soon", "urgency"),
    (NeedIn, NEED, "due", "tomorrow", "due"),
    (NeedIn, NEED, "due", "2030-01-01T08:00:00", "due"),
    (NeedIn, NEED, "due", 1893456000, "due"),
    (NeedIn, NEED, "colour", "red", "colour"),
    (NeedIn, NEED, "publish", "yes", "publish"),
    (NeedIn, NEED, "publish", 1, "publish"),
    (NeedIn, NEED, "beneficiaries", 0, "beneficiaries"),
    (NeedIn, NEED, "beneficiaries", "30", "beneficiaries"),
    (NeedIn, NEED, "beneficiaries", True, "beneficiaries"),
    (NeedIn, NEED, "beneficiaries.count", -1, "beneficiaries.count"),
    (NeedIn, NEED, "beneficiaries.people", 1, "beneficiaries.people"),
    (NeedIn, NEED, "location.lon", "116", "location.lon"),
    (NeedIn, NEED, "location.lat", 91, "location.lat"),
    (NeedIn, NEED, "lines", {}, "lines"),
    (NeedIn, NEED, "lines.0.quantity", "30", "lines.0.quantity"),
    (NeedIn, NEED, "lines.0.quantity", 30.0, "lines.0.quantity"),
    (NeedIn, NEED, "lines.0.quantity", True, "lines.0.quantity"),
    (NeedIn, NEED, "lines.0.quantity", 0, "lines.0.quantity"),
    (NeedIn, NEED, "lines.0.quantity", -3, "lines.0.quantity"),
    (NeedIn, NEED, "lines.0.kind", "gold", "lines.0"),
    (NeedIn, NEED, "lines.0.unit", KeyError, "lines.0.unit"),
    (NeedIn, NEED, "lines.1.amount_fen", 0.5, "lines.1.amount_fen"),
    (NeedIn, NEED, "volunteers.headcount", 0, "volunteers.headcount"),
    (NeedIn, NEED, "volunteers.headcount", "2", "volunteers.headcount"),
    (NeedIn, NEED, "volunteers.ends_at", "2030-01-01T07:00:00Z", "volunteers.ends_at"),
    (NeedIn, NEED, "volunteers.skills", "first_aid", "volunteers.skills"),
    (DonationIn, GIFT, "goods.0.quantity", "4", "goods.0.quantity"),
    (DonationIn, GIFT, "goods.0.quantity", 0, "goods.0.quantity"),
    (DonationIn, GIFT, "amount_fen", 1.5, "amount_fen"),
    (DonationIn, GIFT, "station_area", "11", "station_area"),
    (DonationIn, GIFT, "donor", 5, "donor"),
    (DonationIn, GIFT, "donor", {"phone": "13800000000"}, "donor.name"),
    (OpenStation, {"area": "11", "name": "A", "level": "station"}, "area", "1", "area"),
    (OpenStation, {"area": "11", "name": "A", "level": "station"}, "area", 11, "area"),
    (OpenStation, {"area": "11", "name": "A", "level": "station"}, "level", "shop", "level"),
    (ImportAreas, {"rows": [{"code": "11", "name": "A"}]}, "rows", [], "rows"),
    (ImportAreas, {"rows": [{"code": "11", "name": "A"}]}, "rows.0.code", "x", "rows.0.code"),
    (RegisterVolunteer, VOLUNTEER, "phone", "call me", "phone"),
    (RegisterVolunteer, VOLUNTEER, "email", "wen at example.org", "email"),
    (RegisterVolunteer, VOLUNTEER, "birth_year", "1960", "birth_year"),
    (RegisterVolunteer, VOLUNTEER, "standing_acceptance", "true", "standing_acceptance"),
    (RegisterVolunteer, VOLUNTEER, "availability.0.days", [8], "availability.0.days.0"),
    (RegisterVolunteer, VOLUNTEER, "availability.0.end", "07:00", "availability.0.end"),
    (KeyIn, {"name": "A", "roles": ["reader"]}, "roles", ["pilot"], "roles.0"),
]


@pytest.mark.parametrize(("model", "body", "path", "value", "field"), BAD)
def test_what_breaks_a_rule_is_refused_naming_field_and_rule(
    model: Any, body: dict[str, Any], path: str, value: Any, field: str
) -> None:
    found = problem(model, changed(body, path, value))
    assert found.status == 422
    assert [error.field for error in found.errors] == [field]
    for language in LANGUAGES:
        with speaking(Wording(language)):
            shown = document(found, "/v1/things")
        # A rule without a sentence of its own would be called by its code.
        assert found.errors[0].rule not in shown.errors[0].detail
        assert "?" not in shown.detail


@pytest.mark.parametrize("raw", [b"", b"{", b"nothing", b'{"a":1}{}', b'{"title":"\xff\xfe"}', b"[" * 5000])
def test_what_is_no_json_in_utf8_is_a_bad_request(raw: bytes) -> None:
    assert problem(NeedIn, raw).status == 400


def test_the_words_of_a_bad_request_are_not_repeated() -> None:
    found = problem(NeedIn, changed(NEED, "title", {"name": "Wen Example"}))
    assert "Wen" not in document(found, "/v1/needs").model_dump_json()


@pytest.mark.parametrize("raw", [b"7", b"null", b"[]", b'"need"'])
def test_a_body_that_is_no_object_is_refused_as_a_whole(raw: bytes) -> None:
    with pytest.raises(Problem) as caught:
        parse(NeedIn, raw)
    assert (caught.value.status, caught.value.rule) == (422, "object_expected")
    assert [(error.field, error.rule) for error in caught.value.errors] == [("", "object_expected")]
    assert document(caught.value, "/v1/needs").detail.startswith("The body is no JSON object")


def test_an_item_of_a_batch_that_is_no_object_is_named() -> None:
    with pytest.raises(Problem) as caught:
        parse(NeedsIn, json.dumps({"needs": [{}, "no need"]}).encode())
    assert [(error.field, error.rule) for error in caught.value.errors] == [("needs.1", "dict_type")]


@pytest.mark.parametrize("cursor", [0, 12, "12", "e7-12", "12s", "e7-12s"])
def test_a_replay_takes_each_cursor_that_the_feed_gives(cursor: int | str) -> None:
    assert read_cursor(str(ReplayIn(after=cursor).after))


@pytest.mark.parametrize("cursor", [-1, 10**15, "", "s", "e7-", "12x"])
def test_a_replay_takes_no_other(cursor: int | str) -> None:
    with pytest.raises(ValidationError):
        ReplayIn(after=cursor)
