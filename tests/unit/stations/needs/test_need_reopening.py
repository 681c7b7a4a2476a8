"""A need that was unmet or cancelled is opened again by its station, with a reason and a new due time."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from stations_in_memory import StationsInMemory

from shared.contracts import Refused
from shared.contracts.charity.linking import ResourcesReleased
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import CancelNeed, NeedUnmet
from shared.contracts.stations.reopening import EndUndone, ReopenNeed, Slot
from shared.engine.decide.memory import START

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
GOODS_ONLY = {"volunteers": None, "lines": [{"kind": "goods", "item": "quilt", "quantity": 3, "unit": "piece"}]}


def reopen(stations: StationsInMemory, need_id: str, due: datetime, **more: Any) -> NeedAnswer:
    asked = ReopenNeed.model_validate({"need_id": need_id, "due": due, "reason_code": "still_needed", **more})
    answer = stations.engine.command(asked)
    assert isinstance(answer, NeedAnswer)
    return answer


def refusal(stations: StationsInMemory, need_id: str, due: datetime, **more: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        reopen(stations, need_id, due, **more)
    return refused.value.rule, refused.value.field or ""


def unmet(stations: StationsInMemory, **changes: Any) -> str:
    need_id = stations.register(**{**GOODS_ONLY, **changes}).id
    stations.link(need_id, 1, 2)
    stations.engine.advance(8 * HOUR)
    assert stations.need(need_id).state == "unmet"
    stations.link(need_id, 2, 0, kind=ResourcesReleased)
    return need_id


def slot(begins: datetime) -> Slot:
    return Slot(starts_at=begins, ends_at=begins + HOUR)


def test_an_unmet_need_is_published_again_until_its_new_due_time_and_waits_from_its_registration(
    stations: StationsInMemory,
):
    need_id = unmet(stations)
    answer = reopen(stations, need_id, START + 2 * DAY)
    assert (answer.state, answer.due) == ("published", START + 2 * DAY)
    assert [passed.state for passed in answer.timeline] == ["draft", "assessed", "published", "unmet", "published"]
    (event,) = stations.engine.emitted(EndUndone)
    assert (event.reopened_for, event.state, event.due) == ("still_needed", "published", START + 2 * DAY)
    assert (event.version, event.registered_at) == (answer.version, START)
    stations.engine.advance(2 * DAY)
    assert [told.due for told in stations.engine.emitted(NeedUnmet)] == [START + 8 * HOUR, START + 2 * DAY]


def test_a_reopened_need_says_that_charity_and_volunteering_have_still_to_answer(stations: StationsInMemory):
    need_id = unmet(stations)
    assert [one.reason.code for one in reopen(stations, need_id, START + DAY).waiting] == ["not_answered_yet"]
    with_people = stations.register(
        volunteers={"headcount": 1, "starts_at": START + 9 * HOUR, "ends_at": START + 10 * HOUR}, due=START + 2 * DAY
    ).id
    stations.link(with_people, 1, 3, 5000)
    stations.engine.command(CancelNeed(need_id=with_people))
    stations.link(with_people, 2, 0, 0, kind=ResourcesReleased)
    stations.staff(with_people, 1, 0, "released")
    waiting = reopen(stations, with_people, START + 3 * DAY).waiting
    assert [one.reason.args for one in waiting] == [{"service": "charity"}, {"service": "volunteering"}]


def test_what_charity_finds_anew_makes_it_ready(stations: StationsInMemory):
    need_id = unmet(stations)
    reopen(stations, need_id, START + DAY)
    stations.link(need_id, 3, 3)
    assert stations.need(need_id).state == "ready"


def test_a_cancellation_by_mistake_is_undone_and_the_volunteers_slot_stays(stations: StationsInMemory):
    need_id = stations.register(due=START + 8 * HOUR).id
    stations.engine.command(CancelNeed(need_id=need_id, reason_code="entered_wrongly"))
    answer = reopen(stations, need_id, START + 8 * HOUR, reason_code="ended_wrongly")
    assert answer.state == "published"
    assert answer.volunteers is not None
    assert answer.volunteers.starts_at == START + HOUR
    assert stations.need(need_id).cancelled_for is None


def test_a_need_that_was_cancelled_by_mistake_keeps_its_own_due_time_however_far_off(stations: StationsInMemory):
    need_id = stations.register(**{**GOODS_ONLY, "due": START + 90 * DAY}).id
    stations.engine.command(CancelNeed(need_id=need_id, reason_code="entered_wrongly"))
    assert reopen(stations, need_id, START + 90 * DAY, reason_code="ended_wrongly").due == START + 90 * DAY


def test_the_words_of_a_cancellation_that_was_undone_do_not_stand_under_the_next_one(stations: StationsInMemory):
    need_id = stations.register(due=START + 8 * HOUR).id
    stations.engine.command(CancelNeed(need_id=need_id, reason="Invented: she has moved away"))
    assert stations.text(need_id).cancel_reason
    reopen(stations, need_id, START + 8 * HOUR)
    stations.engine.command(CancelNeed(need_id=need_id))
    assert not stations.text(need_id).cancel_reason


def test_volunteers_whose_slot_is_over_are_asked_for_another(stations: StationsInMemory):
    need_id = stations.register().id
    stations.engine.advance(8 * HOUR)
    due = START + 2 * DAY
    assert refusal(stations, need_id, due) == ("slot_over", "slot.ends_at")
    assert refusal(stations, need_id, due, slot=slot(due)) == ("slot_after_due", "slot.ends_at")
    assert refusal(stations, need_id, due, slot=slot(START)) == ("slot_over", "slot.ends_at")
    reopen(stations, need_id, due, slot=slot(START + DAY))
    (event,) = stations.engine.emitted(EndUndone)
    assert event.volunteers is not None
    assert (event.volunteers.starts_at, event.volunteers.headcount) == (START + DAY, 2)


def test_an_open_need_is_not_reopened(stations: StationsInMemory):
    assert refusal(stations, stations.register().id, START + DAY) == ("need_not_in_state", "state")


def test_a_cancelled_draft_is_registered_anew(stations: StationsInMemory):
    need_id = stations.register(publish=False).id
    stations.engine.command(CancelNeed(need_id=need_id))
    assert refusal(stations, need_id, START + DAY) == ("need_never_published", "need_id")


def test_a_need_whose_volunteers_have_begun_is_not_reopened_because_their_hours_count(stations: StationsInMemory):
    need_id = stations.register().id
    stations.staff(need_id, 1, 2, "serving", checked_in=1)
    stations.engine.command(CancelNeed(need_id=need_id))
    assert refusal(stations, need_id, START + DAY) == ("served_in_part", "need_id")


def test_a_need_can_be_reopened_for_thirty_days_after_its_end(stations: StationsInMemory):
    late = unmet(stations)
    need_id = stations.register(**GOODS_ONLY, due=START + 16 * HOUR).id
    stations.engine.advance(30 * DAY + HOUR)
    now = stations.engine.now
    assert refusal(stations, late, now + DAY) == ("ended_too_long_ago", "need_id")
    assert reopen(stations, need_id, now + DAY).state == "published"


@pytest.mark.parametrize(("after", "rule"), [(-HOUR, "due_not_later"), (31 * DAY, "extension_too_long")])
def test_the_new_due_time_is_later_than_now_and_within_thirty_days(
    stations: StationsInMemory, after: timedelta, rule: str
):
    assert refusal(stations, unmet(stations), START + 8 * HOUR + after) == (rule, "due")


def test_a_slot_needs_volunteers(stations: StationsInMemory):
    assert refusal(stations, unmet(stations), START + DAY, slot=slot(START + 9 * HOUR)) == (
        "no_volunteers_asked",
        "slot",
    )
