"""The texts of notices: a code with its values, worded by the city's catalogue of words. No name, no address."""

from typing import Final

from services.volunteering.notices.domain.notices import Notice, Part
from shared.contracts.reasons import Reason, reason

MINUTE: Final = 60


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
