"""The report of the message gateway whether a telephone got a notice (送达回执)."""

from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.notices.domain.calls import Call, make_call_id
from services.volunteering.notices.domain.notices import Notice
from services.volunteering.notices.domain.reports import followed_by, reported
from services.volunteering.notices.steps import CALLS, open_call
from shared.contracts.volunteering.notices import CallEnded, ReportedNotice, ReportNotice
from shared.engine import TURN, Get, Handling, Incoming


def report_notice(message: Incoming[ReportNotice]) -> Handling:
    """Record whether the telephone got a notice; open a call, or end one, by it. Answers ReportedNotice.

    Raises Refused("not_found") for an unknown notice, also one whose time of storage is over, and
    Refused("wrong_state", rule "notice_not_sent") for one that was not handed on.
    """
    asked = message.data
    work = yield [Get(Notice, asked.notice_id, message.actor.area)]
    notice = work.reach(Notice, asked.notice_id, "notice_id")
    call_id = make_call_id(notice.dispatch_id, notice.template)
    yield [Get(Staffing, notice.need_id), Get(Call, call_id)]
    work = yield TURN
    before = work.reach(Notice, asked.notice_id, "notice_id")
    after = reported(before, asked, work.now)
    if after is not before:
        work.put(after)
        call = work.get(Call, call_id)
        if after.state == "undelivered":
            open_call(work, after, "not_delivered")
        elif call is not None:
            CALLS.store(work, call, followed_by(call, after, work.now), CallEnded)
    return ReportedNotice(notice_id=after.id, state=after.state)
