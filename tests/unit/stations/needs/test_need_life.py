"""A need's life: its state is derived from facts, from any source and at any time."""

import pytest
from stations_in_memory import StationsInMemory

from services.stations.needs.domain.need import TIMELINE_LIMIT
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesReleased
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmNeed,
    EvaluateNeed,
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedPublished,
    NeedReady,
    NeedRegistered,
    NeedReopened,
    NeedServed,
    PublishNeed,
    ServiceBegun,
)


def states(answer: NeedAnswer):
    return [entry.state for entry in answer.timeline]


def test_a_need_registered_without_publishing_is_a_draft_that_asks_nobody(stations: StationsInMemory):
    answer = stations.register(publish=False)

    assert answer.state == "draft"
    assert len(stations.engine.emitted(NeedRegistered)) == 1
    assert stations.engine.emitted(NeedPublished) == []
    assert len(stations.engine.timers) == 1, "its station is reminded of it"


def test_publishing_passes_through_assessment_and_asks_the_others(stations: StationsInMemory):
    need_id = stations.register(publish=False).id

    answer = stations.engine.command(PublishNeed(need_id=need_id))

    assert answer.state == "published"
    assert states(answer) == ["draft", "assessed", "published"]
    assert [event.need_id for event in stations.engine.emitted(NeedPublished)] == [need_id]


def test_a_need_published_at_once_is_announced_as_published_only(stations: StationsInMemory):
    answer = stations.register()

    assert states(answer) == ["draft", "assessed", "published"]
    assert stations.engine.emitted(NeedRegistered) == []
    assert stations.engine.emitted(NeedPublished)[0].version == answer.version == 1


def test_a_need_is_ready_once_every_line_is_committed_and_every_volunteer_confirmed(stations: StationsInMemory):
    need_id = stations.register().id

    stations.link(need_id, 1, 3, 4999)
    stations.staff(need_id, 1, 2)
    assert stations.need(need_id).state == "published"

    stations.link(need_id, 2, 3, 5000)
    assert stations.need(need_id).state == "ready"
    ready = stations.engine.emitted(NeedReady)[0]
    assert (ready.committed, ready.volunteers_confirmed) == ((3, 5000), 2)


def test_a_need_without_lines_is_ready_with_its_volunteers_alone(stations: StationsInMemory):
    need_id = stations.register(lines=[]).id
    stations.staff(need_id, 1, 2)
    assert stations.need(need_id).state == "ready"


def test_a_need_without_volunteers_is_ready_with_its_lines_alone_and_confirmed_from_there(stations: StationsInMemory):
    need_id = stations.register(volunteers=None).id
    stations.link(need_id, 1, 3, 5000)
    assert stations.need(need_id).state == "ready"

    assert stations.engine.command(ConfirmNeed(need_id=need_id)).state == "confirmed"


def test_progress_that_changes_no_state_is_kept_and_not_announced(stations: StationsInMemory):
    need_id = stations.register().id
    emitted = len(stations.engine.events)

    stations.link(need_id, 1, 1, 0)

    assert stations.need(need_id).committed == (1, 0)
    assert len(stations.engine.events) == emitted


def test_a_ready_need_falls_back_when_something_is_taken_away_and_is_announced(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)

    stations.staff(need_id, 2, 1, "searching")

    assert stations.need(need_id).state == "published"
    assert [s.volunteers_confirmed for s in stations.engine.emitted(NeedReopened)] == [1]
    assert len(stations.engine.emitted(NeedPublished)) == 1, "the others must not be asked afresh"


def test_service_begins_with_the_first_check_in_and_is_served_when_all_have_checked_out(stations: StationsInMemory):
    need_id = stations.register().id
    stations.link(need_id, 1, 3, 5000)
    stations.staff(need_id, 1, 2)
    stations.staff(need_id, 2, 2, "serving", checked_in=1)
    assert stations.need(need_id).state == "in_service"
    stations.staff(need_id, 3, 2, "serving", checked_in=2, checked_out=1)
    assert stations.need(need_id).state == "in_service"
    stations.staff(need_id, 4, 2, "served", checked_in=2, checked_out=2)

    assert stations.need(need_id).state == "served"
    assert len(stations.engine.emitted(ServiceBegun)) == 1
    assert len(stations.engine.emitted(NeedServed)) == 1


def test_a_check_out_that_overtakes_the_check_in_still_leaves_the_service_in_the_timeline(stations: StationsInMemory):
    need_id = stations.register(lines=[]).id
    stations.staff(need_id, 3, 2, "served", checked_in=2, checked_out=2)

    passed = [state for state, _ in stations.need(need_id).timeline]
    assert passed == ["draft", "assessed", "published", "in_service", "served"]


def test_a_served_need_is_confirmed_then_evaluated(stations: StationsInMemory):
    need_id = stations.serve()

    confirmed = stations.engine.command(ConfirmNeed(need_id=need_id, note="she was glad"))
    evaluated = stations.engine.command(EvaluateNeed(need_id=need_id, rating=5, comment="kind people"))

    assert (confirmed.state, evaluated.state) == ("confirmed", "evaluated")
    assert len(stations.engine.emitted(NeedConfirmed)) == 1
    assert stations.engine.emitted(NeedEvaluated)[0].rating == 5
    assert states(evaluated)[-4:] == ["in_service", "served", "confirmed", "evaluated"]


def test_goods_delivered_and_hours_credited_after_the_end_are_noted_and_change_nothing_else(stations: StationsInMemory):
    need_id = stations.serve()
    stations.engine.command(ConfirmNeed(need_id=need_id))
    emitted = len(stations.engine.events)

    stations.link(need_id, 2, 3, 5000, kind=ResourcesDelivered)
    stations.staff(need_id, 4, 2, "credited", checked_in=2, checked_out=2)

    need = stations.need(need_id)
    assert (need.state, need.fulfilled) == ("confirmed", (3, 5000))
    assert len(stations.engine.events) == emitted


@pytest.mark.parametrize("publish", [True, False])
def test_cancelling_is_terminal_and_announced_once(stations: StationsInMemory, publish: bool):
    need_id = stations.register(publish=publish).id

    answer = stations.engine.command(
        CancelNeed(need_id=need_id, reason="moved to her son's", reason_code="resident_moved")
    )
    stations.link(need_id, 1, 3, 5000)
    stations.link(need_id, 2, 0, 0, kind=ResourcesReleased)
    stations.staff(need_id, 1, 2)

    assert answer.state == stations.need(need_id).state == "cancelled"
    (event,) = stations.engine.emitted(NeedCancelled)
    assert event.reason_code == "resident_moved"
    assert stations.engine.timers == {}


def test_a_need_that_goes_to_and_fro_keeps_a_timeline_of_bounded_length(stations: StationsInMemory):
    need_id = stations.register(lines=[]).id
    for version in range(1, 3 * TIMELINE_LIMIT):
        stations.staff(need_id, version, 2 if version % 2 else 1)

    timeline = stations.need(need_id).timeline
    assert len(timeline) == TIMELINE_LIMIT
    assert [state for state, _ in timeline[:3]] == ["draft", "assessed", "published"]
    assert timeline[-1][0] == "ready"


def test_an_answer_about_a_need_of_another_city_is_passed_over(stations: StationsInMemory):
    stations.link("need_elsewhere", 1, 3)
    stations.staff("need_elsewhere", 1, 2)
    assert len(stations.engine.events) == 2  # the import and the station
