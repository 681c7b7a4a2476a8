"""The outward shape of a need: the same from its view and from its owner, with the fields of each kind of line."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gateway_events import NEED, ProjectorInMemory, linked, offered, published

from services.gateway.features.needs.answer import (
    NeedAnswer,
    NeedListed,
    explain_score,
    need_after_command,
    need_from_owner,
    need_from_view,
)
from services.gateway.features.needs.view import STORY as STORED_STORY
from services.gateway.features.needs.view import NeedView
from services.gateway.features.needs.words import NeedWords
from services.gateway.http.replies import reply
from shared.contracts.need_parts import Place
from shared.contracts.stations import need_answers as contract

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LINES = [
    {
        "id": "l1",
        "kind": "goods",
        "item": "quilt",
        "unit": "piece",
        "quantity": 30,
        "base_unit": "piece",
        "requested": 30,
    },
    {"id": "l2", "kind": "money", "item": None, "unit": None, "requested": 700},
    {
        "id": "l3",
        "kind": "service",
        "item": "legal_aid",
        "unit": None,
        "quantity": 2,
        "base_unit": "session",
        "requested": 2,
    },
]
WORDS = NeedWords(title="Rice", location=Place(lon=116.351234, lat=39.931234), purposes={"l2": "a taxi"})
STORY = {"resources", "staffing", "timeline"}


def view(**changes: Any) -> NeedView:
    stored: NeedView = ProjectorInMemory().project(published(), linked(1, 10), offered()).view(NeedView, NEED)
    return stored.model_copy(update={"need": {**stored.need, "lines": LINES}, **changes})


def owners_answer(**changes: Any) -> contract.NeedAnswer:
    need = {
        "id": NEED, "version": 1, "state": "published", "station_id": "station_1", "area": "110102009017",
        "theme": "elderly_care", "urgency": "high", "severity": 3, "score": 50, "score_parts": {"urgency": 50},
        "due": "2026-03-05T08:00:00Z", "place": {"lon": 116.35, "lat": 39.93}, "waiting": [], "channel": "unspecified",
        "beneficiaries": {"count": 30, "groups": []},
        "lines": [{"id": "l2", "kind": "money", "amount_fen": 700, "requested": 700, "committed": 0, "fulfilled": 0}],
        "volunteers": {
            "headcount": 2, "skills": [], "languages": [], "confirmed": 0,
            "starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-03-02T10:00:00Z",
        },
        "timeline": [{"state": "draft", "at": AT}, {"state": "published", "at": "2026-03-02T08:00:00.123456Z"}],
        **changes,
    }  # fmt: skip
    return contract.NeedAnswer.model_validate(need)


def wire(answer: NeedListed) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(reply(answer).body)
    return body


def test_a_line_shows_the_fields_of_its_kind_and_no_others() -> None:
    assert wire(need_from_view(NeedAnswer, view(), WORDS))["lines"] == [
        {
            "id": "l1", "kind": "goods", "item": "quilt", "quantity": 30, "unit": "piece",
            "base_unit": "piece", "requested": 30,
            "committed": 10, "fulfilled": 0,
        },
        {
            "id": "l2", "kind": "money", "amount_fen": 700, "purpose": "a taxi", "requested": 700, "committed": 0,
            "fulfilled": 0,
        },
        {
            "id": "l3", "kind": "service", "item": "legal_aid", "quantity": 2,
            "base_unit": "session", "requested": 2, "committed": 0,
            "fulfilled": 0,
        },
    ]  # fmt: skip


def test_words_are_null_for_a_caller_who_may_not_read_them_and_later_words_are_left_out() -> None:
    shown = wire(need_from_view(NeedAnswer, view()))
    assert (shown["title"], shown["location"], shown["lines"][1]["purpose"]) == (None, None, None)
    assert not {"cancel_reason", "confirm_note", "evaluation_comment"} & shown.keys()
    later = wire(need_from_view(NeedAnswer, view(), NeedWords(title="Rice", confirm_note="well done")))
    assert (later["confirm_note"], "cancel_reason" in later) == ("well done", False)


def test_a_list_shows_a_need_without_its_story() -> None:
    whole, listed = wire(need_from_view(NeedAnswer, view())), wire(need_from_view(NeedListed, view()))
    assert whole.keys() - listed.keys() == STORY
    assert listed == {name: value for name, value in whole.items() if name not in STORY}


def test_a_list_shows_the_same_without_reading_the_story() -> None:
    stored = view().to_document()
    for field in STORED_STORY:
        part, _, name = field.rpartition(".")
        (stored[part] if part else stored).pop(name)
    assert need_from_view(NeedListed, NeedView.from_document(stored)) == need_from_view(NeedListed, view())


def test_a_late_need_has_the_shape_of_one_in_time() -> None:
    in_time, late = need_from_view(NeedAnswer, view()), need_from_owner(NeedAnswer, owners_answer())
    assert wire(late).keys() == wire(in_time).keys()
    assert wire(need_from_owner(NeedListed, owners_answer())).keys() == wire(need_from_view(NeedListed, view())).keys()
    assert need_after_command(NeedAnswer, owners_answer(), None) == late
    assert need_after_command(NeedAnswer, owners_answer(), view()) == in_time


def test_a_late_need_tells_its_stations_steps_letter_by_letter() -> None:
    late = wire(need_from_owner(NeedAnswer, owners_answer(), WORDS))
    assert late["timeline"] == [
        {"at": "2026-03-02T08:00:00Z", "what": "stations.need.draft", "reasons": []},
        {"at": "2026-03-02T08:00:00.123456Z", "what": "stations.need.published", "reasons": []},
    ]
    assert (late["registered_at"], late["published_at"]) == ("2026-03-02T08:00:00Z", "2026-03-02T08:00:00.123456Z")
    assert late["title"] == "Rice"
    assert (late["volunteers"]["offered"], late["resources"], late["staffing"]) == (0, None, None)


def test_a_late_need_without_volunteers_has_none() -> None:
    assert wire(need_from_owner(NeedAnswer, owners_answer(volunteers=None)))["volunteers"] is None


def test_the_score_is_explained_only_where_it_is_asked_for() -> None:
    need = need_from_view(NeedAnswer, view())
    assert not {"severity", "score_parts"} & wire(need).keys()
    assert wire(explain_score(need, owners_answer(), AT))["score_parts"] == {"urgency": 50}


def test_the_explanation_of_a_score_names_waiting_and_due_time_as_they_are_now() -> None:
    owner = owners_answer(score=50, score_reasons=[{"code": "score_severity", "args": {"severity": 3, "points": 24}}])
    shown = wire(explain_score(need_from_view(NeedAnswer, view()), owner, AT + timedelta(hours=13)))
    told = {each["code"]: each["args"] for each in shown["score_reasons"]}
    assert list(told) == ["score_severity", "score_band", "score_waiting", "score_due"]
    assert told["score_waiting"] == {"minutes": 780, "risen": 2, "band": 4, "hours": 6}
    assert told["score_due"]["minutes"] == 59 * 60
    assert shown["computed_score"] == 50


def test_the_place_of_a_need_that_has_ended_is_not_explained() -> None:
    ended = explain_score(need_from_view(NeedAnswer, view()), owners_answer(state="cancelled"), AT)
    assert wire(ended)["score_reasons"] == []


@pytest.mark.parametrize("part", ["link", "staffing", "need"])
def test_a_field_that_a_newer_projector_has_stored_is_left_out(part: str) -> None:
    newer = view(**{part: {**getattr(view(), part), "a_field_of_tomorrow": 1}})
    assert wire(need_from_view(NeedAnswer, newer)) == wire(need_from_view(NeedAnswer, view()))


def test_an_etag_is_the_version_of_the_stations_part_and_the_language() -> None:
    assert reply(need_from_view(NeedAnswer, view())).headers["ETag"] == '"1-en"'
