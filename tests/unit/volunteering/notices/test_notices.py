"""Notices to volunteers: each is made once, is sent at its time, and is skipped where it is of no use any more."""

from datetime import timedelta

import pytest
from erasing import erasure_of
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from notices_in_memory import NoticesInMemory, minutes_from_start
from volunteering_in_memory import HOUR, MINUTE, START, VolunteeringInMemory

from services.volunteering.notices.domain.notices import Notice, describe_notice
from services.volunteering.notices.domain.sending import NotAccepted
from shared.contracts.reasons import reason
from shared.words import Wording

DAY = timedelta(days=1)
SILENT = NotAccepted(reason("notice_gateway_silent"))


@pytest.fixture
def service() -> VolunteeringInMemory:
    return VolunteeringInMemory()


@pytest.fixture
def worker(service: VolunteeringInMemory) -> NoticesInMemory:
    return NoticesInMemory(service)


def offered(service: VolunteeringInMemory, *, starts: timedelta = DAY, need: str = "need_1") -> str:
    """A need asks the one volunteer; return the dispatch."""
    service.volunteer()
    service.publish(need, starts=starts)
    (dispatch,) = service.dispatches(need, "offered")
    return dispatch.id


def test_an_offer_is_sent_at_once_with_its_time_and_the_time_to_answer(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    dispatch = offered(service)
    worker.work()
    ((notice_id, text),) = worker.sent
    assert (notice_id, worker.states()) == (f"ntc_{dispatch}.offer", {"offer": "sent"})
    words = Wording("en").sentence(text.code, text.args)
    assert "3 Mar 2026, 09:00" in words
    assert "2 hours" in words
    assert "志愿服务" in Wording("zh").sentence(text.code, text.args)


def test_a_notice_holds_no_name_and_no_telephone(service: VolunteeringInMemory, worker: NoticesInMemory) -> None:
    offered(service)
    worker.work()
    (notice,) = worker.notices()
    stored = str(notice.to_document())
    assert "Invented" not in stored
    assert "138" not in stored


def test_a_notice_is_shown_with_its_next_try_and_its_end(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    offered(service)
    worker.follow()
    (notice,) = worker.notices()
    shown = describe_notice(notice)
    assert (shown.state, shown.due, shown.give_up_at) == ("due", START, notice.until)
    assert notice.stored_fields({"state"}) == {"state": "due"}
    worker.answer = NotAccepted(reason("notice_gateway_silent"))
    worker.send()
    (tried,) = worker.notices()
    assert (describe_notice(tried).tries, describe_notice(tried).reason) == (1, reason("notice_gateway_silent"))


def test_an_accepted_offer_is_reminded_of_before_the_slot_and_thanked_for_after_the_credit(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    dispatch = offered(service, starts=30 * HOUR)
    worker.work()
    service.accept(dispatch)
    worker.work()
    assert worker.states() == {"offer": "sent", "reminder": "due"}
    service.wait(27 * HOUR - MINUTE)
    worker.work()
    assert worker.states()["reminder"] == "due"
    service.wait(MINUTE)
    worker.work()
    assert worker.states()["reminder"] == "sent"
    service.serve("need_1")
    service.confirm("need_1")
    worker.work()
    assert worker.states() == {"offer": "sent", "reminder": "sent", "thanks": "sent"}
    assert worker.sent[-1][1].args["minutes"] == 60


def test_a_reminder_within_the_quiet_hours_goes_out_before_the_night(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.accept(offered(service))
    worker.follow()
    (reminder,) = worker.notices("reminder")
    # The slot begins at 09:00: three hours before is 06:00, so 21:00 of the evening before, while it is not quiet yet.
    assert minutes_from_start(reminder.due, START) == 21 * 60 - 9 * 60
    service.wait(12 * HOUR)
    worker.send()
    assert worker.states()["reminder"] == "sent"


@pytest.mark.parametrize(
    ("starts", "at_night", "reminded"), [(22 * HOUR, "skipped", "skipped"), (24 * HOUR, "due", "sent")]
)
def test_workers_that_were_away_wake_nobody_with_a_reminder(
    service: VolunteeringInMemory, worker: NoticesInMemory, starts: timedelta, at_night: str, reminded: str
) -> None:
    service.accept(offered(service, starts=starts))
    worker.follow()
    service.wait(18 * HOUR)  # 03:00 in the city
    worker.send()
    assert [text.code for _, text in worker.sent] == []
    assert worker.states()["reminder"] == at_night
    service.wait(4 * HOUR + 30 * MINUTE)
    worker.send()
    assert worker.states()["reminder"] == reminded


def test_whoever_takes_a_decline_back_is_reminded_after_all(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    dispatch = offered(service, starts=30 * HOUR)
    for answer in (service.accept, service.decline, service.accept):
        answer(dispatch)
        worker.work()
    assert worker.states() == {"reminder": "due"}
    service.wait(27 * HOUR)
    worker.work()
    assert worker.states() == {"reminder": "sent"}


def test_whoever_promised_a_slot_that_is_moved_hears_that_the_old_one_is_off(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.accept(offered(service, starts=3 * DAY))
    worker.work()
    promised = service.staffing("need_1").starts_at
    service.amend("need_1", starts=5 * DAY)
    worker.work()
    told = {text.code: text.args["starts"] for _, text in worker.sent}
    assert told == {
        "text_of_cancellation": promised.isoformat(), "text_of_offer": service.staffing("need_1").starts_at.isoformat(),
    }  # fmt: skip


def test_nobody_whose_data_is_being_erased_is_sent_anything(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    serving = offered(service, starts=HOUR)
    service.accept(serving)
    service.publish("need_2", starts=30 * HOUR)
    service.accept(service.dispatches("need_2", "offered")[0].id)
    worker.work()
    service.wait(HOUR)
    service.check_in(serving)
    volunteer = service.dispatches("need_1")[0].volunteer_id
    service.engine.event(erasure_of(("volunteer", volunteer)))
    service.wait(MINUTE)
    assert (service.states("need_1"), service.states("need_2")) == (["checked_in"], ["cancelled"])
    worker.work()
    (notice,) = worker.notices("cancelled")
    assert (notice.state, notice.reason and notice.reason.code) == ("skipped", "notice_to_nobody")
    assert (worker.sent, worker.calls()) == ([], [])


def test_a_promise_after_the_time_of_the_reminder_has_none(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.accept(offered(service, starts=2 * HOUR))
    worker.work()
    assert worker.states() == {"reminder": "skipped"}
    assert worker.sent == []


def test_a_booking_made_unasked_is_told_to_its_volunteer(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.volunteer(standing=True)
    service.publish("need_1", starts=DAY)
    assert service.states("need_1") == ["accepted"]
    worker.work()
    assert worker.states() == {"booking": "sent", "reminder": "due"}


def test_whoever_promised_is_told_that_the_need_has_ended_and_nobody_else(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.accept(offered(service))
    service.volunteer()
    service.publish("need_2", starts=2 * DAY)
    worker.work()
    before = len(worker.sent)
    service.cancel("need_1")
    service.cancel("need_2")
    worker.work()
    assert [text.code for _, text in worker.sent[before:]] == ["text_of_cancellation"]
    (reminder,) = worker.notices("reminder")
    assert (reminder.state, reminder.reason and reminder.reason.code) == ("skipped", "notice_not_needed")


def test_an_offer_that_was_answered_before_it_was_sent_is_skipped(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    dispatch = offered(service)
    worker.follow()
    service.decline(dispatch)
    worker.send()  # the event of the answer is still on its way to the worker
    assert (worker.states(), worker.sent) == ({"offer": "skipped"}, [])


def test_a_message_gateway_that_is_silent_is_tried_again_with_growing_pauses(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    offered(service, starts=10 * DAY)
    worker.answer, tried = SILENT, []
    worker.follow()
    for _ in range(400):
        if worker.due():
            tried.append(minutes_from_start(service.engine.now, START) * 60 + service.engine.now.second)
        worker.send()
        service.wait(timedelta(seconds=30))
    assert tried == [0, 30, 90, 210, 450, 930]
    (notice,) = worker.notices()
    assert (notice.state, notice.tries, notice.due) == ("failed", 6, None)


def test_a_message_that_would_be_refused_again_is_not_tried_again(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    offered(service)
    worker.answer = NotAccepted(reason("notice_refused", status=422), final=True)
    worker.work()
    assert (worker.states(), worker.notices()[0].tries) == ({"offer": "failed"}, 1)


def test_an_event_of_long_ago_that_is_read_again_thanks_nobody(
    service: VolunteeringInMemory, worker: NoticesInMemory
) -> None:
    service.accept(offered(service))
    service.serve("need_1")
    service.confirm("need_1")
    service.wait(timedelta(days=5))
    worker.work()
    assert worker.sent == []


@given(order=st.lists(st.integers(0, 9), min_size=3, max_size=30), crashes=st.sets(st.integers(0, 29)))
@examples(40)
def test_each_notice_is_made_once_whatever_comes_twice_late_or_out_of_order(
    order: list[int], crashes: set[int]
) -> None:
    service = VolunteeringInMemory()
    dispatch = offered(service)
    service.accept(dispatch)
    service.serve("need_1")
    service.confirm("need_1")
    worker = NoticesInMemory(service)
    history = [event for event in service.engine.events if event.subject == "need_1"]
    for nth, number in enumerate(order):
        worker.follow([history[number % len(history)]])
        worker.send(crash=nth in crashes)
    worker.follow(history)
    worker.send()
    # The offer is answered and the slot is over: only the thanks are left to say.
    assert {one.template for one in worker.notices()} == {"thanks"}
    assert len(service.engine.all(Notice)) == 1
    assert {text.code for _, text in worker.sent} == {"text_of_thanks"}
    assert len(worker.sent) <= 1 + len(crashes)
