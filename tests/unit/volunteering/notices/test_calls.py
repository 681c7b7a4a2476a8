"""Calls: where a notice cannot reach its volunteer, the station has an open step with a deadline."""

from datetime import timedelta

import pytest
from notices_in_memory import NoticesInMemory
from volunteering_in_memory import COMMUNITY, HOUR, OTHER_CITY, VolunteeringInMemory

from services.volunteering.notices.choices import NoticeChoice
from services.volunteering.notices.domain.sending import NotAccepted
from shared.contracts.access import Actor
from shared.contracts.reasons import reason
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.notices import (
    CallEnded,
    CallOpened,
    ChooseNotices,
    EndCall,
    NoticeChoiceAnswer,
    VolunteerCallShape,
)

DAY = timedelta(days=1)
REFUSED = NotAccepted(reason("notice_refused", status=422), final=True)


@pytest.fixture
def service() -> VolunteeringInMemory:
    return VolunteeringInMemory()


@pytest.fixture
def worker(service: VolunteeringInMemory) -> NoticesInMemory:
    return NoticesInMemory(service)


def opt_out(service: VolunteeringInMemory, volunteer: str, **more: object) -> NoticeChoiceAnswer:
    choice = ChooseNotices.model_validate({"volunteer_id": volunteer, "wanted": False, **more})
    answer: NoticeChoiceAnswer = service.engine.command(choice)
    return answer


def open_call(service: VolunteeringInMemory, worker: NoticesInMemory) -> CallOpened:
    """A volunteer who wants no notices is asked."""
    opt_out(service, service.volunteer())
    service.publish("need_1", starts=DAY)
    worker.work()
    return service.engine.emitted(CallOpened)[-1]


def ended(service: VolunteeringInMemory) -> list[str | None]:
    return [call.outcome for call in service.engine.emitted(CallEnded)]


def test_a_volunteer_who_wants_no_notices_is_sent_none_and_the_station_calls_until_the_offer_expires(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    call = open_call(service, worker)
    (dispatch,) = service.dispatches("need_1", "offered")
    assert worker.sent == []
    assert (call.area, call.reason, call.dispatch_id, call.due) == (
        COMMUNITY, "opted_out", dispatch.id, dispatch.expires_at,
    )  # fmt: skip
    assert call.next_step is not None
    assert (call.next_step.code, call.next_step.due) == ("call_volunteer", dispatch.expires_at)


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_an_answer_ends_the_call(service: VolunteeringInMemory, worker: NoticesInMemory, answer: str) -> None:
    call = open_call(service, worker)
    getattr(service, answer)(call.dispatch_id)
    worker.work()
    assert ended(service) == ["answered"]


def test_the_end_of_the_need_ends_the_call(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    open_call(service, worker)
    service.cancel("need_1")
    worker.work()
    assert ended(service) == ["over"]


def test_a_call_that_nobody_makes_ends_with_its_time(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    call = open_call(service, worker)
    service.wait(call.due - service.engine.now)
    assert ended(service) == ["over"]


def test_the_station_states_how_a_call_went_once(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    call = open_call(service, worker)
    answer: VolunteerCallShape = service.engine.command(EndCall(id=call.id, outcome="not_reached"))
    assert (answer.state, answer.outcome, answer.next_step) == ("ended", "not_reached", None)
    with pytest.raises(Refused, match="call_not_open"):
        service.engine.command(EndCall(id=call.id, outcome="reached"))


def test_a_message_gateway_that_refuses_leads_to_a_call(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    worker.answer = REFUSED
    service.volunteer()
    service.publish("need_1", starts=DAY)
    worker.work()
    worker.work()
    assert [call.reason for call in worker.calls()] == ["not_delivered"]


def test_an_offer_that_could_not_go_out_in_time_leads_to_a_call_before_it_expires(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.volunteer()
    service.publish("need_1", starts=DAY)
    worker.follow()
    (notice,) = worker.notices()
    service.wait(notice.until - service.engine.now)  # the workers were away
    worker.send()
    (call,) = worker.calls()
    assert (call.reason, worker.sent) == ("too_late", [])
    assert call.due > service.engine.now


def test_nobody_is_called_to_be_thanked_or_reminded(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    service.volunteer()
    service.publish("need_1", starts=DAY)
    worker.work()
    service.accept(service.dispatches("need_1", "offered")[0].id)
    worker.follow()
    worker.answer = REFUSED
    service.serve("need_1")
    worker.work()
    service.confirm("need_1")
    worker.work()
    assert worker.states()["thanks"] == "failed"
    assert worker.calls() == []


def test_a_choice_is_kept_with_its_language_and_counted(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer()
    assert opt_out(service, volunteer, language="en").version == 1
    assert opt_out(service, volunteer, language="en").version == 1, "nothing has changed"
    with pytest.raises(Refused, match="version_not_current"):
        opt_out(service, volunteer, expected_version=0)
    again = ChooseNotices(volunteer_id=volunteer, wanted=True, expected_version=1)
    answer: NoticeChoiceAnswer = service.engine.command(again)
    assert (answer.wanted, answer.language, answer.version) == (True, None, 2)


def test_a_volunteer_with_two_registrations_chooses_for_both(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    merged, surviving = service.volunteer(), service.volunteer()
    opt_out(service, merged, language="en")
    service.merge(merged, surviving)
    with pytest.raises(Refused) as refused:
        opt_out(service, merged)
    assert (refused.value.rule, refused.value.values["survivor"]) == ("merged_already", surviving)
    service.publish("need_1", starts=DAY)
    worker.work()
    assert worker.sent == [], "none are wanted, as one of both said"
    again: NoticeChoiceAnswer = service.engine.command(ChooseNotices(volunteer_id=surviving, wanted=True))
    assert (again.volunteer_id, again.wanted) == (surviving, True)
    service.publish("need_2", starts=2 * DAY)
    worker.work()
    assert len(worker.sent) == 1
    assert {choice.wanted for choice in service.engine.all(NoticeChoice)} == {True}


def test_a_choice_for_a_volunteer_elsewhere_is_refused_as_an_unknown_one(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer()
    elsewhere = Actor(kind="key", id="key_far", roles=("volunteer_coordinator",), area=OTHER_CITY, on_behalf_of="far")
    with pytest.raises(Refused, match="unknown_id"):
        service.engine.command(ChooseNotices(volunteer_id=volunteer, wanted=False), actor=elsewhere)


def test_quiet_hours_hold_thanks_back(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", starts=10 * HOUR)
    service.serve("need_1", stay=2 * HOUR)
    service.wait(2 * HOUR)
    service.confirm("need_1")  # 23:00 in the city
    worker.work()
    (thanks,) = worker.notices("thanks")
    assert thanks.state == "due"
    service.wait(9 * HOUR)
    worker.work()
    assert worker.states()["thanks"] == "sent"


def test_a_telephone_that_reached_somebody_else_gets_nothing_until_it_is_checked(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    worker.doubted = True
    service.volunteer()
    service.publish("need_1", starts=DAY)
    worker.work()
    assert worker.sent == []
    assert [call.reason for call in worker.calls()] == ["contact_doubted"]
