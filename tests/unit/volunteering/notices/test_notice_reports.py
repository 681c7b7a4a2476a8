"""Reports of the message gateway: whether a telephone got its notice, early, late, twice, or in contradiction."""

from datetime import timedelta
from itertools import permutations

import pytest
from notices_in_memory import NoticesInMemory
from pydantic import ValidationError
from volunteering_in_memory import HOUR, VolunteeringInMemory

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from shared.contracts.reasons import reason
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.notices import (
    MESSAGE_GATEWAY,
    CallEnded,
    CallOpened,
    NoticeFailure,
    NoticeOutcome,
    ReportedNotice,
    ReportNotice,
)

DAY = timedelta(days=1)


@pytest.fixture
def service() -> VolunteeringInMemory:
    return VolunteeringInMemory()


@pytest.fixture
def worker(service: VolunteeringInMemory) -> NoticesInMemory:
    return NoticesInMemory(service)


def offer_sent(service: VolunteeringInMemory, worker: NoticesInMemory) -> str:
    """A volunteer is asked, and the message gateway accepts the offer; return the notice."""
    service.volunteer()
    service.publish("need_1", starts=DAY)
    worker.work()
    (notice,) = worker.notices("offer")
    return notice.id


def report(
    service: VolunteeringInMemory, notice_id: str, outcome: NoticeOutcome, cause: NoticeFailure | None = None
) -> str:
    told = ReportNotice(notice_id=notice_id, outcome=outcome, cause=cause)
    answer: ReportedNotice = service.engine.command(told, actor=MESSAGE_GATEWAY)
    assert answer.notice_id == notice_id
    return answer.state


def test_an_offer_that_the_telephone_got_is_shown_as_delivered_and_nobody_calls(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    notice = offer_sent(service, worker)
    assert report(service, notice, "delivered") == "delivered"
    assert (worker.states(), worker.calls()) == ({"offer": "delivered"}, [])


def test_an_offer_that_the_telephone_did_not_get_has_the_station_call_at_once_until_it_expires(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    notice = offer_sent(service, worker)
    assert report(service, notice, "undelivered", "switched_off") == "undelivered"
    (kept,) = worker.notices("offer")
    assert (kept.reason, kept.tries) == (reason("notice_undelivered", cause="switched_off"), 1)
    (call,) = service.engine.emitted(CallOpened)
    (dispatch,) = service.dispatches("need_1", "offered")
    assert (call.reason, call.opened_at, call.due) == ("not_delivered", service.engine.now, dispatch.expires_at)
    assert call.next_step is not None
    assert call.next_step.code == "call_volunteer"


def test_without_a_cause_it_is_another_one(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    report(service, offer_sent(service, worker), "undelivered")
    assert worker.notices()[0].reason == reason("notice_undelivered", cause="other")


@pytest.mark.parametrize("order", set(permutations(("delivered", "undelivered", "undelivered"))))
def test_reports_that_contradict_each_other_end_alike_in_any_order(
    service: VolunteeringInMemory, worker: NoticesInMemory, order: tuple[NoticeOutcome, ...]
) -> None:
    notice = offer_sent(service, worker)
    for outcome in order:
        report(service, notice, outcome)
    assert worker.states() == {"offer": "delivered"}
    assert {call.state for call in worker.calls()} <= {"ended"}
    assert {call.outcome for call in service.engine.emitted(CallEnded)} <= {"delivered"}


def test_a_report_that_comes_again_changes_nothing(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    notice = offer_sent(service, worker)
    report(service, notice, "undelivered", "blocked")
    (before,) = worker.notices()
    service.wait(timedelta(minutes=1))
    assert report(service, notice, "undelivered", "other") == "undelivered"
    assert worker.notices() == [before]
    assert len(service.engine.emitted(CallOpened)) == 1


def test_a_report_after_the_answer_has_nobody_call(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    notice = offer_sent(service, worker)
    service.accept(service.dispatches("need_1", "offered")[0].id)
    assert report(service, notice, "undelivered") == "undelivered"
    assert worker.calls() == []


def test_a_reminder_that_was_not_delivered_has_nobody_call(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.volunteer()
    service.publish("need_1", starts=30 * HOUR)
    service.accept(service.dispatches("need_1", "offered")[0].id)
    worker.work()
    service.wait(27 * HOUR)
    worker.work()
    (reminder,) = worker.notices("reminder")
    assert report(service, reminder.id, "undelivered") == "undelivered"
    assert worker.calls() == []


@pytest.mark.parametrize(("outcome", "calls"), [("delivered", 0), ("undelivered", 1)])
def test_a_report_that_comes_before_the_result_is_recorded_counts_and_nothing_is_sent_again(
    service: VolunteeringInMemory, worker: NoticesInMemory, outcome: NoticeOutcome, calls: int
) -> None:
    service.volunteer()
    service.publish("need_1", starts=DAY)
    worker.follow()
    (notice,) = worker.notices()
    worker.send(crash=True)
    assert report(service, notice.id, outcome) == outcome
    worker.record(notice, Accepted())
    worker.send()
    assert (worker.states(), len(worker.sent), worker.notices()[0].tries) == ({"offer": outcome}, 1, 1)
    assert len(worker.calls()) == calls


def test_a_gateway_that_was_silent_and_delivered_all_the_same_ends_the_call(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    worker.answer = NotAccepted(reason("notice_gateway_silent"), final=True)
    notice = offer_sent(service, worker)
    assert [call.state for call in worker.calls()] == ["open"]
    assert report(service, notice, "undelivered") == "failed"
    assert report(service, notice, "delivered") == "delivered"
    assert [call.outcome for call in service.engine.emitted(CallEnded)] == ["delivered"]


def test_a_report_about_a_notice_whose_time_has_not_come_is_refused_and_it_is_sent_then(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.volunteer()
    service.publish("need_1", starts=30 * HOUR)
    service.accept(service.dispatches("need_1", "offered")[0].id)
    worker.follow()
    (reminder,) = worker.notices("reminder")
    with pytest.raises(Refused, match="notice_not_sent"):
        report(service, reminder.id, "delivered")
    service.wait(27 * HOUR)
    worker.work()
    assert worker.states()["reminder"] == "sent"


def test_a_report_about_an_unknown_notice_is_refused_with_its_field(service: VolunteeringInMemory) -> None:
    with pytest.raises(Refused, match="unknown_id") as refused:
        report(service, "ntc_dsp_need_9.0.offer", "delivered")
    assert (refused.value.code, refused.value.field) == ("not_found", "notice_id")


def test_a_delivered_notice_has_no_cause_of_a_failure() -> None:
    with pytest.raises(ValidationError, match="cause_of_delivered"):
        ReportNotice(notice_id="ntc_dsp_need_1.0.offer", outcome="delivered", cause="blocked")


def test_nobody_but_the_message_gateway_reports(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    notice = offer_sent(service, worker)
    stranger = MESSAGE_GATEWAY.model_copy(update={"roles": ("volunteer_coordinator",)})
    with pytest.raises(Refused, match="permission_missing"):
        service.engine.command(ReportNotice(notice_id=notice, outcome="delivered"), actor=stranger)
