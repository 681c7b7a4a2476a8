"""The station states the delivered amount of each line: all, a part, or nothing of one of them."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stations_in_memory import StationsInMemory

from services.stations.needs.domain.need import explain_waiting, told_state
from shared.contracts import Refused
from shared.contracts.charity.linking import ResourcesDelivered
from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import reason
from shared.contracts.stations.needs import CancelNeed, ConfirmNeed, EvaluateNeed, NeedConfirmed, UndoConfirmation

HOUR = timedelta(hours=1)
NO_QUILTS = (Waiting(for_what=reason("l1"), reason=reason("no_quilts"), next_step=reason("a_gift")),)


def confirm(stations: StationsInMemory, need_id: str, **delivered: int) -> Any:
    stated = [{"line_id": line, "amount": amount} for line, amount in delivered.items()]
    return stations.engine.command(ConfirmNeed.model_validate({"need_id": need_id, "delivered": stated}))


def refusal(stations: StationsInMemory, need_id: str, **delivered: int) -> Refused:
    with pytest.raises(Refused) as refused:
        confirm(stations, need_id, **delivered)
    return refused.value


def test_a_need_that_got_a_part_ends_partly_served_when_its_station_states_the_amounts(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 2, 5000)
    answer = confirm(stations, need_id, l1=2)
    assert answer.state == "partly_served"
    assert [step.state for step in answer.timeline] == ["draft", "assessed", "published", "partly_served"]
    (event,) = stations.engine.emitted(NeedConfirmed)
    assert (event.state, event.delivered, event.committed) == ("partly_served", (2, 5000), (2, 5000))
    assert stations.engine.timers == {}


def test_a_need_that_got_all_ends_confirmed_and_its_event_says_how_much(stations: StationsInMemory):
    need_id = stations.serve()
    assert confirm(stations, need_id).state == "confirmed"
    assert stations.engine.emitted(NeedConfirmed)[0].delivered == (3, 5000)


def test_of_a_line_that_is_not_named_all_that_is_committed_was_delivered(stations: StationsInMemory):
    need_id = stations.serve()
    assert confirm(stations, need_id, l2=4000).state == "partly_served"
    assert stations.engine.emitted(NeedConfirmed)[0].delivered == (3, 4000)


def test_volunteers_who_came_without_the_goods_are_confirmed_as_a_part(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 0, 0)
    stations.staff(need_id, 1, 2, "served", checked_in=2, checked_out=2)
    assert confirm(stations, need_id).state == "partly_served"
    assert stations.engine.emitted(NeedConfirmed)[0].delivered == (0, 0)


def test_a_served_need_is_not_confirmed_with_nothing_because_charity_was_away(stations: StationsInMemory):
    need_id = stations.register().id
    stations.staff(need_id, 1, 2, "served", checked_in=2, checked_out=2)
    for stated in ({}, {"l1": 0}):
        refused = refusal(stations, need_id, **stated)
        assert (refused.code, refused.rule, refused.field) == ("wrong_state", "charity_not_answered", "delivered")
    stations.link(need_id, 1, 3, 5000)
    assert confirm(stations, need_id).state == "confirmed"
    assert stations.engine.emitted(NeedConfirmed)[0].delivered == (3, 5000)


def test_a_station_that_states_each_line_need_not_wait_for_charity(stations: StationsInMemory):
    need_id = stations.register().id
    stations.staff(need_id, 1, 2, "served", checked_in=2, checked_out=2)
    assert confirm(stations, need_id, l1=0, l2=0).state == "partly_served"
    assert stations.engine.emitted(NeedConfirmed)[0].delivered == (0, 0)


def test_a_need_that_got_a_part_is_not_ended_by_accident(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 2, 5000)
    refused = refusal(stations, need_id)
    assert (refused.code, refused.rule, refused.field) == ("wrong_state", "delivery_not_stated", "delivered")
    assert stations.need(need_id).state == "published"


def test_a_need_with_volunteers_is_not_confirmed_before_their_slot_or_while_somebody_is_there(
    stations: StationsInMemory,
):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    assert refusal(stations, need_id, l1=3).rule == "volunteers_still_to_come"
    stations.engine.advance(HOUR)
    stations.staff(need_id, 1, 1, "serving", checked_in=1)
    assert refusal(stations, need_id, l1=3).rule == "need_not_in_state"


@pytest.mark.parametrize("promised", [0, 2])
def test_the_goods_of_a_need_to_which_nobody_comes_are_confirmed_as_a_part(stations: StationsInMemory, promised: int):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, promised, "staffed" if promised else "waiting")
    stations.engine.advance(HOUR)
    assert refusal(stations, need_id).rule == "delivery_not_stated"
    assert refusal(stations, need_id, l1=0, l2=0).rule == "nothing_delivered"
    assert confirm(stations, need_id, l1=3, l2=5000).state == "partly_served"
    (event,) = stations.engine.emitted(NeedConfirmed)
    assert (event.state, event.delivered) == ("partly_served", (3, 5000))
    stations.staff(need_id, 2, 0, "credited")
    assert told_state(stations.need(need_id)) == "partly_served"


def test_such_a_confirmation_is_undone_and_the_need_is_as_it_was(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.engine.advance(HOUR)
    confirm(stations, need_id, l1=3)
    stations.staff(need_id, 1, 0, "credited")
    undone = stations.engine.command(UndoConfirmation(need_id=need_id, reason_code="wrong_amounts"))
    assert undone.state == "published"
    assert [one.reason.code for one in undone.waiting] == ["not_answered_yet"]


def test_a_need_stays_served_where_the_service_is_denied_after_its_confirmation_was_undone(stations: StationsInMemory):
    need_id = stations.serve()
    stations.engine.command(ConfirmNeed(need_id=need_id))
    undone = stations.engine.command(UndoConfirmation(need_id=need_id, reason_code="wrong_amounts"))
    stations.staff(need_id, 9, 0, "credited")
    assert (undone.state, stations.need(need_id).state) == ("served", "served"), "volunteering asks nobody again"


def test_a_need_for_volunteers_alone_is_not_confirmed_when_nobody_comes(stations: StationsInMemory):
    need_id = stations.register(lines=[]).id
    stations.engine.advance(HOUR)
    assert refusal(stations, need_id).rule == "need_not_in_state"


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        ({"l1": 4}, "more_than_committed"),
        ({"l3": 1}, "line_unknown"),
        ({"l1": 0, "l2": 0}, "nothing_delivered"),
    ],
)
def test_amounts_that_cannot_be_are_refused_and_change_nothing(
    stations: StationsInMemory, stated: dict[str, int], rule: str
):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    before = stations.need(need_id)
    assert refusal(stations, need_id, **stated).rule == rule
    assert stations.need(need_id) == before


def test_a_line_is_stated_once(stations: StationsInMemory):
    need_id = stations.serve()
    twice = [{"line_id": "l1", "amount": 1}, {"line_id": "l1", "amount": 2}]
    with pytest.raises(Refused) as refused:
        stations.engine.command(ConfirmNeed.model_validate({"need_id": need_id, "delivered": twice}))
    assert (refused.value.rule, refused.value.field) == ("line_named_twice", "delivered.1.line_id")


def test_a_partly_served_need_is_rated_and_not_cancelled(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 2, 0)
    confirm(stations, need_id, l1=2)
    stations.link(need_id, 2, 2, 0, kind=ResourcesDelivered)
    with pytest.raises(Refused) as refused:
        stations.engine.command(CancelNeed(need_id=need_id))
    assert refused.value.values["state"] == "partly_served"
    answer = stations.engine.command(EvaluateNeed(need_id=need_id, rating=4))
    assert (answer.state, [line.fulfilled for line in answer.lines]) == ("evaluated", [2, 0])


def test_a_need_whose_volunteers_have_left_waits_for_its_goods_and_says_so(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 0, 0, waiting=NO_QUILTS)
    stations.staff(need_id, 1, 2, "served", checked_in=2, checked_out=2)
    assert stations.need(need_id).state == "served"
    assert explain_waiting(stations.need(need_id)) == NO_QUILTS


def test_a_store_of_this_release_keeps_a_state_that_release_0_2_reads(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 2, 5000)
    confirm(stations, need_id, l1=2)
    stored = stations.need(need_id).to_document()
    assert stored["state"] == "confirmed"
    assert [state for state, _ in stored["timeline"]][-1] == "confirmed"


@given(committed=st.integers(0, 3), stated=st.none() | st.integers(0, 4), served=st.booleans())
def test_no_more_is_stated_than_was_committed_and_no_more_committed_than_asked(
    committed: int, stated: int | None, served: bool
):
    stations = StationsInMemory()
    need_id = stations.register(lines=stations.asked().model_dump(mode="json")["lines"][:1]).id
    stations.link(need_id, 1, committed)
    if served:
        stations.staff(need_id, 1, 2, "served", checked_in=2, checked_out=2)
    try:
        answer = confirm(stations, need_id, **({} if stated is None else {"l1": stated}))
    except Refused:
        assert stations.engine.emitted(NeedConfirmed) == []
        return
    (event,) = stations.engine.emitted(NeedConfirmed)
    assert event.delivered is not None
    assert event.lines[0].requested >= event.committed[0] >= event.delivered[0]
    assert (answer.state == "confirmed") is (event.delivered[0] == event.lines[0].requested)
