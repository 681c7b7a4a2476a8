"""The messages of notices that the service itself handles: a volunteer's choice, a report, and the end of a call."""

from typing import Final

from services.volunteering.notices.choices import choose_notices
from services.volunteering.notices.domain.calls import CallOver, called, over
from services.volunteering.notices.reports import report_notice
from services.volunteering.notices.steps import CALLS
from shared.contracts.volunteering.notices import CallEnded, ChooseNotices, EndCall, ReportNotice
from shared.engine import HandlerTable

HANDLERS: Final[HandlerTable] = {
    ChooseNotices: choose_notices,
    ReportNotice: report_notice,
    EndCall: CALLS.change(called, CallEnded),
    CallOver: CALLS.expire(over, CallEnded),
}
