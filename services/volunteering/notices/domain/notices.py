"""A notice (通知) to the volunteer of one dispatch: its states, its tries, its end."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import ClassVar, Final, NamedTuple

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from shared.contracts.reasons import Reason, reason
from shared.contracts.volunteering.notices import NoticeAnswer, NoticeFailure, NoticeState, NoticeTemplate
from shared.engine.decide.entity import Entity, fields_of
from shared.engine.decide.schema import Document

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(minutes=15)
"""The pause after the first try that failed, doubled with each further one, and the longest."""
FITTING: Final[dict[NoticeTemplate, AbstractSet[str]]] = {
    "offer": frozenset({"offered"}),
    "booking": frozenset({"accepted"}),
    "reminder": frozenset({"accepted"}),
    "cancelled": frozenset({"cancelled"}),
    "thanks": frozenset({"credited"}),
}
"""The states of a dispatch in which a notice of each template is still true."""
HANDED_ON: Final[AbstractSet[NoticeState]] = frozenset({"sent", "delivered", "undelivered"})
"""The states that show that the message gateway has accepted a notice."""
CALLED: Final[AbstractSet[NoticeTemplate]] = frozenset({"offer", "booking", "cancelled"})
"""The templates that bring news: the station calls where they cannot be sent. A reminder repeats known things."""


class Part(NamedTuple):
    """One dispatch, with the staffing that it is a part of."""

    staffing: Staffing
    dispatch: Dispatch


class Notice(Entity):
    """One for each dispatch and template, made once: the id is derived from both.

    `due` is the instant of the next try, None once it has ended; `until` the instant after which it is of no use any
    more. `volunteer_id` is the id under which the volunteer was asked. `starts_at` is the beginning of the slot of a
    promise that has ended, since the need may have been moved to another; None where the need's own counts.
    """

    collection: ClassVar[str] = "notices"

    dispatch_id: str
    need_id: str
    volunteer_id: str
    area: str
    template: NoticeTemplate
    state: NoticeState = "due"
    due: datetime | None
    until: datetime
    starts_at: datetime | None = None
    tries: int = 0
    made_at: datetime
    ended_at: datetime | None = None
    reason: Reason | None = None

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return the fields as MongoDB stores them."""
        document = fields_of(self, only)
        if document.get("reason") is not None:
            document["reason"] = document["reason"].model_dump()
        return document


def make_notice_id(dispatch_id: str, template: NoticeTemplate) -> str:
    """Return the id of the one notice of that template about the dispatch."""
    return f"ntc_{dispatch_id}.{template}"


def may_plan_again(known: Notice) -> bool:
    """Return whether it was skipped because the dispatch had moved on, as by a decline that is taken back now."""
    return known.state == "skipped" and known.reason is not None and known.reason.code == "notice_not_needed"


def is_fitting(template: NoticeTemplate, state: str) -> bool:
    """Return whether a notice of that template is true of a dispatch in that state."""
    return state in FITTING[template]


def begun(notice: Notice, now: datetime) -> Notice:
    """Return the notice as one that is handed on: counted before, and due again after a growing pause.

    So a result that is not recorded has it sent again a bounded number of times, and at the latest when it is given up.
    """
    again = now + min(FIRST_PAUSE * 2**notice.tries, LONGEST_PAUSE)
    # Never before now: one that is past its time is not begun.
    return notice.model_copy(update={"tries": notice.tries + 1, "due": max(now, min(again, notice.until))})


def sent(notice: Notice, now: datetime) -> Notice:
    """Return the notice, which was begun, as accepted by the message gateway."""
    return _ended(notice, "sent", None, now)


def delivered(notice: Notice, now: datetime) -> Notice:
    """Return the notice as one that the telephone has got."""
    return _ended(notice, "delivered", None, now)


def undelivered(notice: Notice, cause: NoticeFailure, now: datetime) -> Notice:
    """Return the notice as one that the telephone did not get, although the message gateway had accepted it."""
    return _ended(notice, "undelivered", reason("notice_undelivered", cause=cause), now)


def skipped(notice: Notice, why: Reason, now: datetime) -> Notice:
    """Return the notice as one that is not to be sent."""
    return _ended(notice, "skipped", why, now)


def failed(notice: Notice, why: Reason, now: datetime, tries: int, *, final: bool = False) -> Notice:
    """Return the notice, which was begun, after a try that failed: due again after a growing pause, or ended.

    It ends after `tries` tries, where the next one would come too late, and where the refusal is `final`.
    """
    again = now + min(FIRST_PAUSE * 2 ** max(0, notice.tries - 1), LONGEST_PAUSE)
    if final or notice.tries >= tries or again >= notice.until:
        return _ended(notice, "failed", why, now)
    return notice.model_copy(update={"due": again, "reason": why})


def postponed(notice: Notice, to: datetime) -> Notice:
    """Return the notice as one that is due later."""
    return notice.model_copy(update={"due": to})


def _ended(notice: Notice, state: NoticeState, why: Reason | None, now: datetime) -> Notice:
    return notice.model_copy(update={"state": state, "due": None, "reason": why, "ended_at": now})


def describe_notice(notice: Notice) -> NoticeAnswer:
    """Return the notice as it is shown."""
    return NoticeAnswer(
        id=notice.id, dispatch_id=notice.dispatch_id, volunteer_id=notice.volunteer_id, template=notice.template,
        state=notice.state, tries=notice.tries, made_at=notice.made_at, ended_at=notice.ended_at,
        reason=notice.reason, due=notice.due, give_up_at=notice.until,
    )  # fmt: skip
