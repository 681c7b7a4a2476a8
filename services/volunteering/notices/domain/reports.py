"""The report of the message gateway: whether the telephone got a notice. Pure."""

from datetime import datetime
from typing import Final

from services.volunteering.notices.domain.calls import Call, ended_by_delivery
from services.volunteering.notices.domain.notices import Notice, delivered, undelivered
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.notices import ReportNotice

UNCONTRADICTED: Final = frozenset({"due", "sent"})
"""The states in which a report that the telephone did not get the notice is news."""


def reported(notice: Notice, asked: ReportNotice, now: datetime) -> Notice:
    """Return the notice after the report; itself where the report changes nothing.

    Carriers report late and twice: `delivered` counts over `undelivered` in either order, so that the order does not
    matter. Raises Refused("wrong_state", rule "notice_not_sent") for a notice that was not handed on.
    """
    # Each try is counted before it is handed on, so that a report that is quicker than its record counts.
    if not notice.tries:
        raise Refused("wrong_state", "notice_not_sent", field="notice_id", state=notice.state)
    if asked.outcome == "delivered":
        return notice if notice.state == "delivered" else delivered(notice, now)
    return undelivered(notice, asked.cause or "other", now) if notice.state in UNCONTRADICTED else notice


def followed_by(call: Call, notice: Notice, now: datetime) -> Call:
    """Return the call as ended where it stands for a notice that the telephone has got after all."""
    return ended_by_delivery(call, now) if notice.state == "delivered" else call
