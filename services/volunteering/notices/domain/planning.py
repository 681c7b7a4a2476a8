"""The plan of notices: which ones a dispatch needs as it stands, when each is due, and until when it is of use.

The plan looks at the dispatch as it is now, not at the event that led here: repeated, late and reordered events come to
the same notices.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.dispatch.domain.expiry import asks_at_night, find_asking_pause
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.policy import DispatchPolicy
from services.volunteering.notices.domain.notices import Notice, Part, make_notice_id, may_plan_again, skipped
from services.volunteering.notices.policy import NoticePolicy
from shared.contracts.reasons import reason
from shared.contracts.volunteering.notices import NoticeTemplate

OLDEST: Final = timedelta(days=3)
"""After so long past its slot a dispatch begins no notice: an old event that is read again thanks nobody twice."""
EVENING: Final = timedelta(minutes=30)
"""How long before the quiet hours a reminder is due that would fall into them: all tries fit before the night."""


@dataclass(frozen=True)
class Rules:
    """The city's rules of notices, and of the hours in which people are asked."""

    notices: NoticePolicy
    dispatch: DispatchPolicy
    zone: ZoneInfo


def plan_notices(part: Part, known: Mapping[str, Notice], now: datetime, rules: Rules) -> list[Notice]:
    """Return the notices that the dispatch needs now, without those that are `known`, by their ids.

    A known one that was skipped because the dispatch had moved on is planned again.
    """
    if now > part.staffing.ends_at + OLDEST:
        return []
    planned = _plan(part, known, now, rules)
    return [new for notice in planned if (new := _follow_known(notice, known.get(notice.id))) is not None]


def _follow_known(planned: Notice, known: Notice | None) -> Notice | None:
    if known is None:
        return planned
    return planned.model_copy(update={"version": known.version}) if may_plan_again(known) else None


def _plan(part: Part, known: Mapping[str, Notice], now: datetime, rules: Rules) -> list[Notice]:
    staffing, dispatch = part
    if dispatch.state == "offered":
        expires_at = dispatch.expires_at or staffing.starts_at
        # A short offer leaves half of its time for the message, and half for the call.
        call_before = min(rules.notices.call_before, max(expires_at - now, timedelta(0)) / 2)
        return [_news(part, "offer", expires_at - call_before, now, rules)]
    before_slot = staffing.starts_at - rules.notices.call_before
    if dispatch.state == "accepted":
        booking = [_news(part, "booking", before_slot, now, rules)] if dispatch.standing else []
        return [*booking, _reminder(part, now, rules)]
    reminder = known.get(make_notice_id(dispatch.id, "reminder"))
    # Each promise has a reminder. An offer that others have taken needs no word: its link says so.
    if dispatch.state == "cancelled" and reminder is not None:
        # The reminder is of use until the slot that was promised begins; the need may have another one by now.
        promised = reminder.until
        news = _news(part, "cancelled", promised - rules.notices.call_before, now, rules)
        return [news.model_copy(update={"starts_at": promised})]
    if dispatch.state == "credited" and dispatch.minutes:
        until = max(staffing.ends_at, now) + OLDEST
        return [_make(part, "thanks", find_pause(staffing, "thanks", now, rules) or now, until, now)]
    return []


def _news(part: Part, template: NoticeTemplate, until: datetime, now: datetime, rules: Rules) -> Notice:
    """Return a notice that is due at once, at night by the rule that offers follow."""
    due = find_asking_pause(part.staffing, now, rules.dispatch, rules.zone) or now
    return _make(part, template, due, until, now)


def _reminder(part: Part, now: datetime, rules: Rules) -> Notice:
    """Return the reminder; skipped where the promise was made after its time."""
    staffing = part.staffing
    at = staffing.starts_at - rules.notices.remind_before
    notice = _make(part, "reminder", at, staffing.starts_at, now)
    if at <= now:
        return skipped(notice, reason("reminder_not_needed"), now)
    return notice.model_copy(update={"due": max(now, _before_night(staffing, at, rules))})


def _before_night(staffing: Staffing, at: datetime, rules: Rules) -> datetime:
    """Return the instant itself, or EVENING before the quiet hours around it: nobody is woken by a reminder."""
    start = rules.dispatch.quiet_hours(rules.zone).start_around(at)
    return at if start is None or asks_at_night(staffing, rules.dispatch) else start - EVENING


def find_pause(staffing: Staffing, template: NoticeTemplate, now: datetime, rules: Rules) -> datetime | None:
    """Return the end of the quiet hours in which a notice of that template may not be sent; None where it may."""
    # The rule for offers would wake people for a slot that begins early in the morning. They know it already.
    known = template == "thanks" or (template == "reminder" and not asks_at_night(staffing, rules.dispatch))
    if known:
        return rules.dispatch.quiet_hours(rules.zone).end_around(now)
    return find_asking_pause(staffing, now, rules.dispatch, rules.zone)


def _make(part: Part, template: NoticeTemplate, due: datetime, until: datetime, now: datetime) -> Notice:
    staffing, dispatch = part
    return Notice(
        id=make_notice_id(dispatch.id, template), dispatch_id=dispatch.id, need_id=staffing.id,
        volunteer_id=dispatch.volunteer_id, area=staffing.area, template=template, due=due, until=until, made_at=now,
    )  # fmt: skip
