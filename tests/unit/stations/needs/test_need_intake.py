"""Intake of a need: its rules, its score, and that words about people stay here, sealed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from opened import opened
from stations_in_memory import StationsInMemory

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText, open_text
from shared.contracts import Refused
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmNeed,
    EvaluateNeed,
    NeedPublished,
    PublishNeed,
    RegisterNeeds,
)
from shared.engine.decide.memory import START
from shared.people import DataKey

HOUR = timedelta(hours=1)


def slot(**changes: Any):
    return {"headcount": 1, "starts_at": START + HOUR, "ends_at": START + 2 * HOUR, **changes}


def test_the_answer_is_the_need_as_read(stations: StationsInMemory):
    answer = stations.register().model_dump(mode="json")

    assert answer["state"] == "published"
    assert answer["due"] == "2026-03-02T09:00:00Z"
    assert answer["beneficiaries"] == {"count": 1, "groups": ["elderly_80_plus"]}
    assert answer["lines"] == [
        {"id": "l1", "kind": "goods", "item": "quilt", "quantity": 3, "unit": "piece",
         "base_unit": "piece", "requested": 3,
         "committed": 0, "fulfilled": 0},
        {"id": "l2", "kind": "money", "amount_fen": 5000, "requested": 5000, "committed": 0, "fulfilled": 0},
    ]  # fmt: skip
    assert answer["volunteers"] == {
        "headcount": 2,
        "skills": [],
        "languages": [],
        "starts_at": "2026-03-02T02:00:00Z",
        "ends_at": "2026-03-02T03:00:00Z",
        "confirmed": 0,
    }


def test_a_need_lies_in_the_area_of_its_station(stations: StationsInMemory):
    answer = stations.register()
    event = stations.engine.events[-1]
    assert answer.area == event.data.area == "110102009017"
    assert event.area == "110102009017"


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"lines": [], "volunteers": None}, "lines", "nothing_asked_for"),
        ({"due": START}, "due", "due_passed"),
        ({"due": START + timedelta(days=3000)}, "due", "due_too_late"),
        (
            {"volunteers": slot(starts_at=START - 2 * HOUR, ends_at=START)},
            "volunteers.ends_at",
            "slot_over",
        ),
        ({"volunteers": slot(ends_at=START + 9 * HOUR)}, "volunteers.ends_at", "slot_after_due"),
        (
            {"volunteers": slot(starts_at=datetime(1, 1, 1, tzinfo=timezone(8 * HOUR)))},
            "volunteers.starts_at",
            "slot_too_long",
        ),
    ],
)
def test_a_need_against_a_rule_is_refused_naming_it_and_leaves_nothing(
    stations: StationsInMemory, changes: dict[str, Any], field: str, rule: str
):
    with pytest.raises(Refused) as refused:
        stations.register(**changes)

    assert (refused.value.code, refused.value.field, refused.value.rule) == ("invalid", field, rule)
    assert stations.engine.all(Need) == stations.engine.all(NeedText) == []


def test_a_slot_that_has_begun_is_still_good_for_something(stations: StationsInMemory):
    answer = stations.register(volunteers=slot(starts_at=START - HOUR))
    assert answer.state == "published"


def test_a_need_of_an_unknown_station_is_refused(stations: StationsInMemory):
    with pytest.raises(Refused) as refused:
        stations.register(station_id="station_nowhere")
    assert (refused.value.code, refused.value.field) == ("not_found", "station_id")


def test_of_several_needs_each_is_taken_or_refused_on_its_own(stations: StationsInMemory):
    good, late = stations.asked(), stations.asked(due=START)
    stray = stations.asked(station_id="station_nowhere")

    answer = stations.engine.command(RegisterNeeds(needs=(good, late, stray, good)))
    items = answer.model_dump(mode="json")["items"]

    assert [list(item) for item in items] == [["ok"], ["error"], ["error"], ["ok"]]
    assert items[1]["error"]["field"] == "due"
    assert items[2]["error"]["code"] == "not_found"
    assert items[0]["ok"]["id"] != items[3]["ok"]["id"]
    assert len(stations.engine.all(Need)) == len(stations.engine.emitted(NeedPublished)) == 2


def test_several_needs_that_are_all_for_unknown_stations_are_refused_one_by_one(stations: StationsInMemory):
    stray = stations.asked(station_id="station_nowhere")
    items = stations.engine.command(RegisterNeeds(needs=(stray, stray))).model_dump(mode="json")["items"]
    assert [item["error"]["code"] for item in items] == ["not_found", "not_found"]


def test_instants_are_kept_in_utc_and_whole_milliseconds_as_the_store_has_them(stations: StationsInMemory):
    due = datetime(2026, 3, 2, 20, 0, 0, 123456, tzinfo=timezone(8 * HOUR))
    answer = stations.register(due=due)
    assert stations.need(answer.id).due == datetime(2026, 3, 2, 12, 0, 0, 123000, tzinfo=UTC)
    assert stations.engine.emitted(NeedPublished)[0].due == stations.need(answer.id).due


def test_events_carry_a_place_on_the_grid_and_no_words_about_people(stations: StationsInMemory):
    need_id = stations.register(publish=False).id
    stations.engine.command(PublishNeed(need_id=need_id))
    stations.engine.command(CancelNeed(need_id=need_id, reason="moved to her son's"))

    sent = "".join(event.model_dump_json() for event in stations.engine.events)

    for word in ("Grandmother", "heating", "116.337", "39.928", "moved"):
        assert word not in sent
    assert stations.engine.emitted(NeedPublished)[0].place.model_dump() == {"lon": 116.34, "lat": 39.93}


def test_words_about_people_are_stored_sealed_and_can_be_opened(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    stations.engine.command(ConfirmNeed(need_id=need_id, note="given to her neighbour Lan"))
    stations.engine.command(EvaluateNeed(need_id=need_id, rating=4, comment="thanks from Yu"))

    stored = str([entity.to_document() for entity in stations.engine.entities.values()])
    for word in ("Grandmother", "heating", "116.33712", "neighbour", "thanks"):
        assert word not in stored
    text = stations.text(need_id)
    assert text.data_key is not None
    assert stations.engine.all(DataKey) == [], "the key is in the document of the words"
    words = open_text(text, lambda field, _: opened(stations.engine, stations.vault, text, field))
    assert words.model_dump(mode="json") == {
        "title": "Rice for Grandmother Yu",
        "location": {"lon": 116.33712, "lat": 39.92891},
        "purposes": {"l2": "her heating bill"},
        "confirm_note": "given to her neighbour Lan",
        "evaluation_comment": "thanks from Yu",
    }


def test_answers_are_kept_in_clear_so_no_words_about_people_are_in_them(stations: StationsInMemory):
    answer = stations.register(publish=False)
    assert "Grandmother" not in str(answer)
    assert "Grandmother" not in str(stations.engine.command(PublishNeed(need_id=answer.id)))


def test_the_score_is_the_sum_of_parts_that_are_kept_with_the_need(stations: StationsInMemory):
    answer = stations.register(severity=5, urgency="urgent", beneficiaries={"count": 2, "groups": ["elderly"]})
    assert answer.score_parts == {"severity": 40, "urgency": 30, "vulnerability": 4}
    assert answer.score == stations.engine.emitted(NeedPublished)[0].score == 74


def test_the_days_a_need_lay_as_a_draft_are_told_by_its_registration_and_not_added_to_its_score(
    stations: StationsInMemory,
):
    draft = stations.register(publish=False, due=START + timedelta(days=10))
    stations.engine.advance(timedelta(days=3))
    answer = stations.engine.command(PublishNeed(need_id=draft.id))
    (published,) = stations.engine.emitted(NeedPublished)
    assert (published.score, published.registered_at) == (draft.score, START)
    assert answer.score_parts == draft.score_parts
