"""The texts of notices: a code with its values, worded by the city's catalogue of words. No name, no address."""

from collections.abc import Mapping
from typing import Final

from services.volunteering.notices.domain.notices import Notice, Part
from shared.contracts.reasons import Reason, reason
from shared.contracts.volunteering.notices import NoticeTemplate

MINUTE: Final = 60
_SUBJECTS: Final[Mapping[NoticeTemplate, Reason]] = {
    "offer": reason("subject_of_offer"),
    "booking": reason("subject_of_booking"),
    "reminder": reason("subject_of_reminder"),
    "cancelled": reason("subject_of_cancellation"),
    "thanks": reason("subject_of_thanks"),
}


def subject_of(notice: Notice) -> Reason:
    """Return the subject of the notice, for a message by mail. It names no day: a locked screen may show it."""
    return _SUBJECTS[notice.template]


def text_of(notice: Notice, part: Part) -> Reason:
    """Return the text of the notice."""
    template, (staffing, dispatch) = notice.template, part
    starts = (notice.starts_at or staffing.starts_at).isoformat()
    minutes = max(1, int((staffing.ends_at - staffing.starts_at).total_seconds()) // MINUTE)
    if template == "offer":
        until = (dispatch.expires_at or staffing.starts_at).isoformat()
        return reason("text_of_offer", starts=starts, minutes=minutes, until=until)
    if template == "booking":
        return reason("text_of_booking", starts=starts, minutes=minutes)
    if template == "reminder":
        return reason("text_of_reminder", starts=starts, minutes=minutes)
    if template == "cancelled":
        return reason("text_of_cancellation", starts=starts)
    return reason("text_of_thanks", starts=starts, minutes=dispatch.minutes)
