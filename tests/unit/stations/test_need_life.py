"""A need's life: its state is read from facts, whoever brings them and whenever."""

from datetime import timedelta
from typing import Any

import pytest
from stations_house import House

from services.stations.domain.needs import TIMELINE_LIMIT
from shared.contracts import Refused
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesReleased
from shared.contracts.need_parts import Waiting
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
    NeedUnmet,
    PublishNeed,
    ServiceBegun,
)

HOUR = timedelta(hours=1)


def states(answer: dict[str, Any]):
    return [passed["state"] for passed in answer["timeline"]]


def served(house: House, **changes: Any):
    need_id = house.register(**changes)["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)
    house.staff(need_id, 2, 2, "serving", checked_in=2)
    house.staff(need_id, 3, 2, "served", checked_in=2, checked_out=2)
    return need_id


def test_a_need_registered_without_publishing_is_a_draft_that_asks_nobody(house: House):
    answer = house.register(publish=False)

    assert answer["state"] == "draft"
    assert len(house.engine.emitted(NeedRegistered)) == 1
    assert house.engine.emitted(NeedPublished) == []
    assert house.engine.timers == {}


def test_publishing_passes_through_assessment_and_asks_the_others(house: House):
    need_id = house.register(publish=False)["id"]

    answer = house.engine.command(PublishNeed(need_id=need_id))

    assert answer["state"] == "published"
    assert states(answer) == ["draft", "assessed", "published"]
    assert [said.need_id for said in house.engine.emitted(NeedPublished)] == [need_id]


def test_a_need_published_at_once_says_only_that_it_is_published(house: House):
    answer = house.register()

    assert states(answer) == ["draft", "assessed", "published"]
    assert house.engine.emitted(NeedRegistered) == []
    assert house.engine.emitted(NeedPublished)[0].version == answer["version"] == 1


def test_a_need_is_ready_once_every_line_is_committed_and_every_volunteer_confirmed(house: House):
    need_id = house.register()["id"]

    house.link(need_id, 1, 3, 4999)
    house.staff(need_id, 1, 2)
    assert house.need(need_id).state == "published"

    house.link(need_id, 2, 3, 5000)
    assert house.need(need_id).state == "ready"
    ready = house.engine.emitted(NeedReady)[0]
    assert (ready.committed, ready.volunteers_confirmed) == ((3, 5000), 2)


def test_a_need_without_lines_is_ready_with_its_volunteers_alone(house: House):
    need_id = house.register(lines=[])["id"]
    house.staff(need_id, 1, 2)
    assert house.need(need_id).state == "ready"


def test_a_need_without_volunteers_is_ready_with_its_lines_alone_and_confirmed_from_there(house: House):
    need_id = house.register(volunteers=None)["id"]
    house.link(need_id, 1, 3, 5000)
    assert house.need(need_id).state == "ready"

    assert house.engine.command(ConfirmNeed(need_id=need_id))["state"] == "confirmed"


def test_progress_that_changes_no_state_is_kept_and_not_announced(house: House):
    need_id = house.register()["id"]
    said = len(house.engine.events)

    house.link(need_id, 1, 1, 0)

    assert house.need(need_id).committed == (1, 0)
    assert len(house.engine.events) == said


def test_a_ready_need_falls_back_when_something_is_taken_away_and_says_so(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)

    house.staff(need_id, 2, 1, "searching")

    assert house.need(need_id).state == "published"
    assert [s.volunteers_confirmed for s in house.engine.emitted(NeedReopened)] == [1]
    assert len(house.engine.emitted(NeedPublished)) == 1, "the others must not be asked afresh"


def test_service_begins_with_the_first_check_in_and_is_served_when_all_have_checked_out(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)
    house.staff(need_id, 2, 2, "serving", checked_in=1)
    assert house.need(need_id).state == "in_service"
    house.staff(need_id, 3, 2, "serving", checked_in=2, checked_out=1)
    assert house.need(need_id).state == "in_service"
    house.staff(need_id, 4, 2, "served", checked_in=2, checked_out=2)

    assert house.need(need_id).state == "served"
    assert len(house.engine.emitted(ServiceBegun)) == 1
    assert len(house.engine.emitted(NeedServed)) == 1


def test_a_check_out_that_overtakes_the_check_in_still_leaves_the_service_in_the_timeline(house: House):
    need_id = house.register(lines=[])["id"]
    house.staff(need_id, 3, 2, "served", checked_in=2, checked_out=2)

    passed = [state for state, _ in house.need(need_id).timeline]
    assert passed == ["draft", "assessed", "published", "in_service", "served"]


def test_a_served_need_is_confirmed_then_evaluated(house: House):
    need_id = served(house)

    confirmed = house.engine.command(ConfirmNeed(need_id=need_id, note="she was glad"))
    evaluated = house.engine.command(EvaluateNeed(need_id=need_id, rating=5, comment="kind people"))

    assert (confirmed["state"], evaluated["state"]) == ("confirmed", "evaluated")
    assert len(house.engine.emitted(NeedConfirmed)) == 1
    assert house.engine.emitted(NeedEvaluated)[0].rating == 5
    assert states(evaluated)[-4:] == ["in_service", "served", "confirmed", "evaluated"]


def test_goods_delivered_and_hours_credited_after_the_end_are_noted_and_change_nothing_else(house: House):
    need_id = served(house)
    house.engine.command(ConfirmNeed(need_id=need_id))
    said = len(house.engine.events)

    house.link(need_id, 2, 3, 5000, kind=ResourcesDelivered)
    house.staff(need_id, 4, 2, "credited", checked_in=2, checked_out=2)

    need = house.need(need_id)
    assert (need.state, need.fulfilled) == ("confirmed", (3, 5000))
    assert len(house.engine.events) == said


@pytest.mark.parametrize("publish", [True, False])
def test_cancelling_is_terminal_and_tells_the_others_to_let_go(house: House, publish: bool):
    need_id = house.register(publish=publish)["id"]

    answer = house.engine.command(CancelNeed(need_id=need_id, reason="moved to her son's"))
    house.link(need_id, 1, 3, 5000)
    house.link(need_id, 2, 0, 0, kind=ResourcesReleased)
    house.staff(need_id, 1, 2)

    assert answer["state"] == house.need(need_id).state == "cancelled"
    assert len(house.engine.emitted(NeedCancelled)) == 1
    assert house.engine.timers == {}


def test_a_need_that_nobody_could_meet_by_its_due_time_is_unmet(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 1, 0)

    house.engine.advance(9 * HOUR)

    assert house.need(need_id).state == "unmet"
    assert [said.committed for said in house.engine.emitted(NeedUnmet)] == [(1, 0)]


def test_a_ready_need_stays_ready_when_its_due_time_passes(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)
    house.engine.advance(9 * HOUR)
    assert house.need(need_id).state == "ready"


def test_a_need_that_falls_back_after_its_due_time_gets_half_an_hour_then_ends_unmet(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)
    house.engine.advance(9 * HOUR)

    house.staff(need_id, 2, 1, "searching")
    house.engine.advance(timedelta(minutes=29))
    assert house.need(need_id).state == "published"
    house.engine.advance(timedelta(minutes=2))
    assert house.need(need_id).state == "unmet"


def test_a_need_that_recovers_within_the_half_hour_lives_on(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)
    house.engine.advance(9 * HOUR)
    house.staff(need_id, 2, 1, "searching")
    house.staff(need_id, 3, 2)

    house.engine.advance(HOUR)

    assert house.need(need_id).state == "ready"


@pytest.mark.parametrize(
    ("action", "reached"),
    [
        (PublishNeed, "published"),
        (ConfirmNeed, "published"),
        (EvaluateNeed, "published"),
        (CancelNeed, "served"),
        (EvaluateNeed, "served"),
        (CancelNeed, "cancelled"),
        (ConfirmNeed, "cancelled"),
        (CancelNeed, "unmet"),
    ],
)
def test_an_action_in_the_wrong_state_is_refused_and_changes_nothing(house: House, action: type[Any], reached: str):
    need_id = served(house) if reached == "served" else house.register()["id"]
    if reached == "cancelled":
        house.engine.command(CancelNeed(need_id=need_id))
    if reached == "unmet":
        house.engine.advance(9 * HOUR)
    before, said = house.need(need_id), len(house.engine.events)
    more = {"rating": 3} if action is EvaluateNeed else {}

    with pytest.raises(Refused) as refused:
        house.engine.command(action(need_id=need_id, **more))

    assert refused.value.code == "wrong_state"
    assert reached in refused.value.detail
    assert house.need(need_id) == before
    assert len(house.engine.events) == said


def test_a_ready_need_with_volunteers_is_not_confirmed_before_they_have_served(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)
    with pytest.raises(Refused) as refused:
        house.engine.command(ConfirmNeed(need_id=need_id))
    assert refused.value.code == "wrong_state"


def test_a_draft_whose_due_time_has_passed_is_not_published(house: House):
    need_id = house.register(publish=False)["id"]
    house.engine.advance(9 * HOUR)
    with pytest.raises(Refused) as refused:
        house.engine.command(PublishNeed(need_id=need_id))
    assert (refused.value.code, refused.value.field) == ("wrong_state", "due")


def test_an_action_on_an_unknown_need_names_the_field(house: House):
    with pytest.raises(Refused) as refused:
        house.engine.command(CancelNeed(need_id="need_nobody"))
    assert (refused.value.code, refused.value.field) == ("not_found", "need_id")


def test_an_action_decided_on_an_older_view_of_the_need_is_refused(house: House):
    need_id = house.register()["id"]
    house.link(need_id, 1, 3, 5000)
    house.staff(need_id, 1, 2)

    with pytest.raises(Refused) as refused:
        house.engine.command(CancelNeed(need_id=need_id, expected_version=1))

    assert (refused.value.code, refused.value.field) == ("version_mismatch", "If-Match")
    assert house.need(need_id).state == "ready"


def test_unannounced_progress_does_not_outdate_what_the_caller_has_read(house: House):
    read = house.register()
    house.link(read["id"], 1, 1, 0)

    command = CancelNeed(need_id=read["id"], expected_version=read["version"])

    assert house.engine.command(command)["state"] == "cancelled"


def test_a_version_that_is_yet_to_come_is_refused(house: House):
    read = house.register()
    with pytest.raises(Refused) as refused:
        house.engine.command(CancelNeed(need_id=read["id"], expected_version=read["version"] + 1))
    assert refused.value.code == "version_mismatch"


def test_an_open_need_always_says_what_it_waits_for(house: House):
    answer = house.register()
    assert [part["for_what"] for part in answer["waiting"]] == ["resources", "volunteers"]

    house.link(answer["id"], 1, 1, 0, waiting=(Waiting(for_what="l1", reason="no rice", next_step="a gift"),))
    house.staff(answer["id"], 1, 2)
    cancelled = house.engine.command(CancelNeed(need_id=answer["id"]))

    assert cancelled["waiting"] == []


def test_what_charity_waits_for_stands_in_the_need_until_it_is_ready(house: House):
    need_id = house.register(volunteers=None)["id"]
    house.link(need_id, 1, 1, 0, waiting=(Waiting(for_what="l1", reason="no rice", next_step="a gift"),))
    assert [w.reason for w in house.need(need_id).link_waiting] == ["no rice"]
    house.link(need_id, 2, 3, 5000)
    assert house.engine.emitted(NeedReady)[0].waiting == ()


def test_a_need_that_goes_to_and_fro_keeps_a_timeline_of_bounded_length(house: House):
    need_id = house.register(lines=[])["id"]
    for version in range(1, 3 * TIMELINE_LIMIT):
        house.staff(need_id, version, 2 if version % 2 else 1)

    timeline = house.need(need_id).timeline
    assert len(timeline) == TIMELINE_LIMIT
    assert [state for state, _ in timeline[:3]] == ["draft", "assessed", "published"]
    assert timeline[-1][0] == "ready"


def test_an_answer_about_a_need_of_another_city_is_passed_over(house: House):
    house.link("need_elsewhere", 1, 3)
    house.staff("need_elsewhere", 1, 2)
    assert len(house.engine.events) == 2  # the import and the station
