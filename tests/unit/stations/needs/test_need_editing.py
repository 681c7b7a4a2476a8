"""A draft with a mistake in it is edited by its station, instead of being registered again."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from stations_in_memory import COMMUNITY, NEXT_DOOR, StationsInMemory

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.amending import EditNeed, NeedEdited
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import NeedOverdue, NeedPublished, PublishNeed
from shared.contracts.stations.network import CloseStation
from shared.engine.decide.memory import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def edit(stations: StationsInMemory, need_id: str, actor: Actor | None = None, **fields: Any) -> NeedAnswer:
    command = EditNeed.model_validate({"need_id": need_id, **fields})
    answer = stations.engine.command(command) if actor is None else stations.engine.command(command, actor=actor)
    assert isinstance(answer, NeedAnswer)
    return answer


def refusal(stations: StationsInMemory, need_id: str, **fields: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        edit(stations, need_id, **fields)
    return refused.value.rule, refused.value.field or ""


def draft(stations: StationsInMemory, **changes: Any) -> str:
    return stations.register(publish=False, **changes).id


def test_a_draft_with_a_wrong_number_and_due_time_is_published_as_it_was_corrected(stations: StationsInMemory):
    need_id = draft(stations)
    answer = edit(
        stations,
        need_id,
        due=START + 3 * DAY,
        lines=[{"kind": "goods", "item": "quilt", "quantity": 30, "unit": "piece"}],
        volunteers={"headcount": 5, "starts_at": START + DAY, "ends_at": START + DAY + HOUR},
    )
    assert (answer.state, answer.due, answer.version) == ("draft", START + 3 * DAY, 2)
    assert [(line.id, line.requested) for line in answer.lines] == [("l1", 30)]
    assert answer.volunteers is not None
    assert answer.volunteers.headcount == 5
    (told,) = stations.engine.emitted(NeedEdited)
    assert (told.version, told.state, told.due) == (2, "draft", answer.due)
    stations.engine.command(PublishNeed(need_id=need_id))
    (published,) = stations.engine.emitted(NeedPublished)
    assert (published.lines, published.due) == (told.lines, answer.due)


def test_another_group_changes_the_score_and_the_waiting_counts_from_the_registration_on(stations: StationsInMemory):
    need_id = draft(stations)
    stations.engine.advance(5 * HOUR)
    before = stations.need(need_id)
    answer = edit(
        stations,
        need_id,
        urgency="urgent",
        severity=5,
        beneficiaries={"count": 2, "groups": ["elderly_80_plus", "disabled"]},
    )
    assert answer.score == 40 + 30 + 16
    assert answer.score_parts == {"severity": 40, "urgency": 30, "vulnerability": 16}
    after = stations.need(need_id)
    assert (after.registered_at, after.timeline) == (before.registered_at, before.timeline)
    (told,) = stations.engine.emitted(NeedEdited)
    assert (told.registered_at, told.score) == (START, answer.score)


def test_title_and_place_are_sealed_again_and_the_other_words_stay(stations: StationsInMemory):
    need_id = draft(stations)
    edit(stations, need_id, title="Quilts for Aunt Elm")
    edit(stations, need_id, location={"lon": 116.41111, "lat": 39.95555})
    known = stations.words(need_id)
    assert known["title"] == "Quilts for Aunt Elm"
    assert known["location"] == {"lon": 116.41111, "lat": 39.95555}
    assert known["purposes"] == {"l2": "her heating bill"}
    assert stations.need(need_id).place.lon == 116.41
    edit(stations, need_id, lines=[{"kind": "money", "amount_fen": 100, "purpose": "her coal"}])
    assert stations.words(need_id)["purposes"] == {"l1": "her coal"}
    assert "Elm" not in str(stations.engine.emitted(NeedEdited))


def test_a_draft_moves_to_the_station_where_it_belongs(stations: StationsInMemory):
    need_id, there = draft(stations), stations.open_next_door()
    answer = edit(stations, need_id, station_id=there)
    assert (answer.station_id, answer.area) == (there, NEXT_DOOR)
    stations.engine.command(CloseStation(id=there))
    assert refusal(stations, draft(stations), station_id=there) == ("station_closed", "station_id")
    own = Actor(kind="person", id="worker", area=COMMUNITY, roles=("station_worker",))
    with pytest.raises(Refused) as refused:
        edit(stations, draft(stations), own, station_id=there)
    assert refused.value.code == "not_found"


def test_volunteers_are_asked_for_or_no_more(stations: StationsInMemory):
    need_id = draft(stations)
    assert edit(stations, need_id, without_volunteers=True).volunteers is None
    assert refusal(stations, need_id, lines=[]) == ("nothing_asked_for", "lines")


def test_an_edit_keeps_the_rules_of_a_registration_and_refuses_without_a_change(stations: StationsInMemory):
    need_id = draft(stations)
    assert refusal(stations, need_id, due=START) == ("due_passed", "due")
    assert refusal(stations, need_id, due=START + HOUR) == ("slot_after_due", "volunteers.ends_at")
    assert refusal(stations, need_id, theme="gardening on the moon")[1] == "theme"
    unknown = [{"kind": "goods", "item": "moon rock", "quantity": 1, "unit": "piece"}]
    assert refusal(stations, need_id, lines=unknown)[1] == "lines.0.item"
    assert stations.engine.emitted(NeedEdited) == []
    with pytest.raises(ValidationError, match="nothing_to_change"):
        EditNeed(need_id=need_id)


def test_a_published_need_is_not_edited(stations: StationsInMemory):
    need_id = stations.register().id
    with pytest.raises(Refused) as refused:
        edit(stations, need_id, title="Another title")
    assert (refused.value.code, refused.value.field) == ("wrong_state", "state")


def test_an_edit_of_an_older_version_is_refused(stations: StationsInMemory):
    need_id = draft(stations)
    edit(stations, need_id, severity=5)
    assert refusal(stations, need_id, severity=4, expected_version=1) == ("version_not_current", "If-Match")


def test_an_edit_does_not_put_off_the_publication_that_others_were_reminded_of(stations: StationsInMemory):
    need_id = draft(stations, due=START + 30 * DAY)
    stations.engine.advance(DAY)
    edit(stations, need_id, severity=5)
    stations.engine.advance(2 * DAY)
    assert [told.overdue.level for told in stations.engine.emitted(NeedOverdue)] == ["station"]
    edit(stations, need_id, severity=4)
    assert [told.overdue and told.overdue.level for told in stations.engine.emitted(NeedEdited)] == [None, "station"]
    stations.engine.advance(DAY)
    assert [told.overdue.level for told in stations.engine.emitted(NeedOverdue)] == ["station", "street"]
