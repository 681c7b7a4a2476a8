"""The steps of the worker as units of work: notices are planned after a change, and a result is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, get_args

from services.volunteering.answer_links.domain import AnswerLink
from services.volunteering.answer_links.storage import LastLinks, keep_link
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.notices.domain.calls import (
    Call,
    find_deadline,
    find_next_step,
    followed,
    make_call_id,
    opened,
)
from services.volunteering.notices.domain.notices import (
    CALLED,
    Notice,
    Part,
    begun,
    is_fitting,
    make_notice_id,
    skipped,
)
from services.volunteering.notices.domain.planning import Rules, plan_notices
from services.volunteering.notices.domain.sending import Result, recorded
from services.volunteering.notices.place import LogPosition, position_load, save_position
from shared.contracts.reasons import reason
from shared.contracts.volunteering.notices import (
    CallEnded,
    CallOpened,
    CallReason,
    NoticeTemplate,
    VolunteerCallShape,
)
from shared.engine import TURN, Get, Handler, Handling, Incoming, Load, UnitOfWork
from shared.engine.plain import Plain

CALLS: Final = Plain(Call, "call", VolunteerCallShape, find_next_step, deadline=find_deadline)
TEMPLATES: Final[tuple[NoticeTemplate, ...]] = get_args(NoticeTemplate)
CALLING: Final = tuple(template for template in TEMPLATES if template in CALLED)


@dataclass(frozen=True, slots=True)
class DispatchesChanged:
    """Dispatches of one need have changed."""

    need_id: str
    dispatch_ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class NoticeBegun:
    """A notice is about to be handed on."""

    notice_id: str


@dataclass(frozen=True, slots=True)
class NoticeTried:
    """The result of one notice that was due."""

    notice_id: str
    need_id: str
    dispatch_id: str
    template: NoticeTemplate
    result: Result


def plan_step(rules: Rules) -> Handler:
    """Return the step after a change: it plans notices, skips those that are of no use, and ends calls."""
    return partial(_plan, rules=rules)


def record_step(rules: Rules) -> Handler:
    """Return the step after a try: it records the result, and opens a call where one is needed."""
    return partial(_record, rules=rules)


def position_step(message: Incoming[LogPosition]) -> Handling:
    """Keep the place in the log, in the transaction of the notices that it has led to."""
    yield [position_load()]
    work = yield TURN
    save_position(work, message.data)


def begin_step(message: Incoming[NoticeBegun]) -> Handling:
    """Count the try before the notice is handed on, in a transaction before that of the result."""
    yield [Get(Notice, message.data.notice_id)]
    work = yield TURN
    notice = work.get(Notice, message.data.notice_id)
    if notice is not None and notice.due is not None:
        work.put(begun(notice, work.now))


def link_step(message: Incoming[AnswerLink]) -> Handling:
    """Keep the link that an offer is sent with; it is committed before the offer leaves."""
    yield [LastLinks(message.data.dispatch_id)]
    work = yield TURN
    keep_link(work, message.data)


def _plan(message: Incoming[DispatchesChanged], rules: Rules) -> Handling:
    changed = message.data
    yield [Get(Staffing, changed.need_id), *(load for one in changed.dispatch_ids for load in _loads(one))]
    work = yield TURN
    staffing = work.get(Staffing, changed.need_id)
    if staffing is None:
        return
    wanted = set(changed.dispatch_ids)
    for dispatch in staffing.dispatches:
        if dispatch.id in wanted:
            _plan_one(work, Part(staffing, dispatch), rules)


def _loads(dispatch_id: str) -> list[Load]:
    notices: list[Load] = [Get(Notice, make_notice_id(dispatch_id, template)) for template in TEMPLATES]
    return notices + [Get(Call, make_call_id(dispatch_id, template)) for template in CALLING]


def _plan_one(work: UnitOfWork, part: Part, rules: Rules) -> None:
    dispatch = part.dispatch
    ids = (make_notice_id(dispatch.id, template) for template in TEMPLATES)
    known = {notice.id: notice for one in ids if (notice := work.get(Notice, one)) is not None}
    for notice in plan_notices(part, known, work.now, rules):
        work.put(notice)
    for notice in known.values():
        if notice.due is not None and not is_fitting(notice.template, dispatch.state):
            work.put(skipped(notice, reason("notice_not_needed", state=dispatch.state), work.now))
    for template in CALLING:
        call = work.get(Call, make_call_id(dispatch.id, template))
        if call is not None:
            CALLS.store(work, call, followed(call, dispatch, work.now), CallEnded)


def _record(message: Incoming[NoticeTried], rules: Rules) -> Handling:
    tried = message.data
    call_id = make_call_id(tried.dispatch_id, tried.template)
    yield [Get(Notice, tried.notice_id), Get(Staffing, tried.need_id), Get(Call, call_id)]
    work = yield TURN
    notice = work.get(Notice, tried.notice_id)
    if notice is None:
        return
    after, why = recorded(notice, tried.result, work.now, rules.notices.notice_tries)
    if after is not notice:
        work.put(after)
    if why is not None:
        open_call(work, notice, why)


def open_call(work: UnitOfWork, notice: Notice, why: CallReason) -> None:
    """Open the call in the place of the notice, where it brings news that is still true and there is time to call.

    The work has loaded the staffing of the notice and its call.
    """
    staffing = work.get(Staffing, notice.need_id)
    dispatch = None if staffing is None else staffing.dispatch(notice.dispatch_id)
    if staffing is None or dispatch is None or not is_fitting(notice.template, dispatch.state):
        return
    known = work.get(Call, make_call_id(notice.dispatch_id, notice.template))
    call = opened(notice, why, Part(staffing, dispatch), known, work.now)
    if call is not None:
        CALLS.store(work, None, call, CallOpened)
