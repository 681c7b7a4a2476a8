"""A published need at the wrong place or with a wrong number is amended by its station, with a reason."""

from datetime import timedelta
from typing import Any

import pytest
from stations_in_memory import NEXT_DOOR, StationsInMemory

from services.stations.needs.domain.amended_lines import amend_lines
from shared.contracts import Refused
from shared.contracts.catalogue.matching import SHIPPED
from shared.contracts.catalogue.resolution import MOST_BASE_UNITS
from shared.contracts.charity.linking import ResourcesDelivered
from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.amending import AmendNeed, NeedAmended
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, NeedUnmet, UndoConfirmation
from shared.contracts.stations.network import OpenStation
from shared.engine.decide.memory import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RICE = {"kind": "goods", "item": "rice", "quantity": 2, "unit": "bag"}


def amend(stations: StationsInMemory, need_id: str, **parts: Any) -> NeedAnswer:
    asked = AmendNeed.model_validate({"need_id": need_id, "reason_code": "entered_wrongly", **parts})
    answer = stations.engine.command(asked)
    assert isinstance(answer, NeedAnswer)
    return answer


def refusal(stations: StationsInMemory, need_id: str, **parts: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        amend(stations, need_id, **parts)
    return refused.value.rule, refused.value.field or ""


def quantity(number: int, line: str = "l1") -> dict[str, Any]:
    return {"lines": [{"line_id": line, "quantity": number}]}


def ready(stations: StationsInMemory, **changes: Any) -> str:
    need_id = stations.register(**changes).id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)
    assert stations.need(need_id).state == "ready"
    return need_id


def test_one_event_tells_which_parts_are_others_and_why(stations: StationsInMemory):
    need_id = stations.register().id
    answer = amend(
        stations, need_id, **quantity(30), due=START + DAY, headcount=5, location={"lon": 116.4, "lat": 39.9}
    )
    (told,) = stations.engine.emitted(NeedAmended)
    assert (told.amended, told.amended_for) == (("place", "due", "lines", "headcount"), "entered_wrongly")
    assert (told.version, told.due, told.lines[0].requested) == (answer.version, START + DAY, 30)
    assert told.volunteers is not None
    assert (told.volunteers.headcount, told.place.lon) == (5, 116.4)
    assert told.registered_at == START
    stations.engine.advance(DAY)
    assert [event.due for event in stations.engine.emitted(NeedUnmet)] == [START + DAY]


def test_a_smaller_number_makes_a_need_ready_that_has_so_much(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 2, 5000)
    answer = amend(stations, need_id, **quantity(2))
    assert (answer.state, answer.lines[0].committed) == ("ready", 2)
    assert [passed.state for passed in answer.timeline] == ["draft", "assessed", "published", "ready"]


def test_a_larger_number_waits_for_the_rest(stations: StationsInMemory):
    need_id = ready(stations)
    answer = amend(stations, need_id, **quantity(5))
    assert (answer.state, answer.lines[0].committed) == ("published", 3)
    assert [one.reason.code for one in answer.waiting] == ["not_answered_yet"]
    stations.link(need_id, 2, 5, 5000)
    assert stations.need(need_id).state == "ready"


def test_more_people_wait_for_the_answer_of_volunteering(stations: StationsInMemory):
    need = ready(stations)
    answer = amend(stations, need, headcount=3)
    assert (answer.state, [one.reason.args for one in answer.waiting]) == ("published", [{"service": "volunteering"}])


def test_a_place_within_the_same_grid_keeps_the_reason_for_which_people_are_missing(stations: StationsInMemory):
    need = stations.register(lines=[]).id
    missing = Waiting(
        for_what=reason("for_volunteers"),
        reason=reason("people_missing", found=0, headcount=2, asked=0),
        next_step=reason("searched_again", minutes=120),
    )
    stations.staff(need, 1, 0, "waiting", waiting=(missing,))
    answer = amend(stations, need, location={"lon": 116.33713, "lat": 39.92892})
    assert answer.waiting == (missing,), "volunteering is asked for the same, and answers nothing"


def test_charity_holding_more_than_is_asked_for_by_now_is_not_counted(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    amend(stations, need_id, **quantity(1))
    stations.link(need_id, 1, 3, 5000)
    assert stations.need(need_id).committed == (1, 5000)


def test_a_line_keeps_its_id_and_that_of_a_dropped_one_is_not_used_again(stations: StationsInMemory):
    need_id = ready(stations)
    answer = amend(stations, need_id, dropped_lines=["l2"], new_lines=[RICE])
    assert [(line.id, line.committed) for line in answer.lines] == [("l1", 3), ("l3", 0)]
    assert stations.words(need_id)["purposes"] == {}
    amend(stations, need_id, dropped_lines=["l3"])
    money = {"kind": "money", "amount_fen": 700, "purpose": "her coal"}
    assert [line.id for line in amend(stations, need_id, new_lines=[money]).lines] == ["l1", "l4"]
    assert stations.words(need_id)["purposes"] == {"l4": "her coal"}


def test_the_last_line_goes_where_volunteers_are_asked_for(stations: StationsInMemory):
    need_id = ready(stations)
    assert amend(stations, need_id, dropped_lines=["l1", "l2"]).state == "ready"
    alone = stations.register(volunteers=None).id
    assert refusal(stations, alone, dropped_lines=["l1", "l2"]) == ("nothing_asked_for", "dropped_lines")


def test_nothing_goes_below_what_was_delivered(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    stations.engine.command(ConfirmNeed(need_id=need_id))
    stations.link(need_id, 2, 3, 5000, kind=ResourcesDelivered)
    stations.engine.command(UndoConfirmation(need_id=need_id, reason_code="wrong_amounts"))
    assert refusal(stations, need_id, **quantity(2)) == ("line_below_delivered", "lines.0.quantity")
    assert refusal(stations, need_id, dropped_lines=["l1"]) == ("confirmed_before", "dropped_lines.0")
    assert refusal(stations, need_id, station_id=stations.open_next_door()) == ("confirmed_before", "station_id")


def test_a_line_of_which_something_was_delivered_is_not_dropped(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 0, kind=ResourcesDelivered)
    assert refusal(stations, need_id, dropped_lines=["l1"]) == ("line_below_delivered", "dropped_lines.0")
    assert [line.id for line in amend(stations, need_id, dropped_lines=["l2"]).lines] == ["l1"]


def test_a_quantity_beyond_the_most_names_its_field(stations: StationsInMemory):
    need = stations.need(stations.register(volunteers=None).id)
    in_tonnes = need.lines[0].model_copy(update={"requested": 2 * 10**6, "quantity": 2})
    heavy = need.model_copy(update={"lines": (in_tonnes, need.lines[1])})
    asked = {"need_id": need.id, "reason_code": "entered_wrongly", **quantity(10**8)}
    assert amend_lines(heavy, AmendNeed.model_validate(asked), SHIPPED).lines[0].requested == MOST_BASE_UNITS
    asked |= quantity(10**8 + 1)
    with pytest.raises(Refused) as refused:
        amend_lines(heavy, AmendNeed.model_validate(asked), SHIPPED)
    assert (refused.value.rule, refused.value.field) == ("quantity_too_large", "lines.0.quantity")


def test_of_a_line_that_is_lowered_all_is_useful(stations: StationsInMemory):
    need_id = stations.register(volunteers=None, lines=[{**RICE, "quantity": 5, "min_useful": 3}]).id
    bag = stations.need(need_id).lines[0].requested // 5
    amend(stations, need_id, **quantity(4))
    assert stations.need(need_id).lines[0].min_useful == 3 * bag
    amend(stations, need_id, **quantity(2))
    assert stations.need(need_id).lines[0].min_useful == 2 * bag


def test_title_place_and_note_are_sealed(stations: StationsInMemory):
    need_id = stations.register().id
    amend(stations, need_id, title="Quilts for Aunt Elm", location={"lon": 116.41111, "lat": 39.9}, note="she said so")
    known = stations.words(need_id)
    assert (known["title"], known["location"]["lon"]) == ("Quilts for Aunt Elm", 116.41111)
    assert known["purposes"] == {"l2": "her heating bill"}
    assert stations.text(need_id).amend_note not in ("", "she said so")
    (told,) = stations.engine.emitted(NeedAmended)
    assert told.amended == ("title", "place")
    assert "Elm" not in str(told)


def test_the_note_of_an_amendment_does_not_stand_beside_the_next_one(stations: StationsInMemory):
    need_id = ready(stations)
    amend(stations, need_id, title="Quilts for Aunt Elm", note="she said so")
    amend(stations, need_id, title="Quilts for Aunt Ash")
    assert stations.text(need_id).amend_note == ""


def test_a_need_moves_to_the_station_where_it_belongs_within_its_city(stations: StationsInMemory):
    need_id, there = ready(stations), stations.open_next_door()
    answer = amend(stations, need_id, station_id=there)
    assert (answer.station_id, answer.area, answer.state) == (there, NEXT_DOOR, "ready")
    stations.engine.command(ImportAreas(rows=(AreaRow(code="310101001001", name="Far"),)))
    far = stations.engine.command(OpenStation(area="310101001001", name="Far station", level="station")).id
    assert refusal(stations, need_id, station_id=far) == ("station_of_another_city", "station_id")


def test_the_slot_moves_within_the_due_time(stations: StationsInMemory):
    need_id = stations.register().id
    slot = {"starts_at": START + 3 * HOUR, "ends_at": START + 5 * HOUR}
    answer = amend(stations, need_id, slot=slot)
    assert answer.volunteers is not None
    assert answer.volunteers.starts_at == START + 3 * HOUR
    late = {"starts_at": START + 9 * HOUR, "ends_at": START + 10 * HOUR}
    assert refusal(stations, need_id, slot=late) == ("slot_after_due", "slot.ends_at")
    assert refusal(stations, need_id, due=START + 4 * HOUR) == ("slot_after_due", "due")
    assert amend(stations, need_id, slot=late, due=START + 10 * HOUR).due == START + 10 * HOUR


def test_an_amendment_names_the_field_and_the_rule_that_it_breaks(stations: StationsInMemory):
    need_id = stations.register().id
    goods = stations.register(volunteers=None).id
    assert refusal(stations, need_id, due=START) == ("due_not_later", "due")
    assert refusal(stations, need_id, due=START + 60 * DAY) == ("extension_too_long", "due")
    assert refusal(stations, need_id, **quantity(2, "l9")) == ("line_unknown", "lines.0.line_id")
    assert refusal(stations, need_id, **quantity(2), dropped_lines=["l1"]) == ("line_named_twice", "dropped_lines.0")
    assert refusal(stations, need_id, new_lines=[{**RICE, "item": "moon rock"}])[1] == "new_lines.0.item"
    assert refusal(stations, need_id, new_lines=[RICE] * 19) == ("too_many_lines", "new_lines")
    assert refusal(stations, goods, headcount=2) == ("no_volunteers_asked", "headcount")
    assert refusal(stations, need_id, headcount=2) == ("nothing_amended", "need_id")
    assert refusal(stations, need_id, headcount=3, expected_version=7)[1] == "If-Match"
    assert stations.engine.emitted(NeedAmended) == []


def test_in_another_state_the_refusal_names_the_step_that_helps(stations: StationsInMemory):
    draft = stations.register(publish=False).id
    assert refusal(stations, draft, headcount=3) == ("draft_is_edited", "state")
    begun = ready(stations)
    stations.staff(begun, 2, 2, "serving", checked_in=1)
    assert refusal(stations, begun, headcount=3) == ("service_has_begun", "state")
    gone = stations.register().id
    stations.engine.command(CancelNeed(need_id=gone))
    assert refusal(stations, gone, headcount=3) == ("reopen_first", "state")
    done = stations.register(volunteers=None).id
    stations.link(done, 1, 3, 5000)
    stations.engine.command(ConfirmNeed(need_id=done))
    assert refusal(stations, done, **quantity(2)) == ("undo_confirmation_first", "state")
