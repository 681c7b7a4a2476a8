"""Working-day calendars (工作日历), at `/v1/calendars`."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.stations.calendars import (
    AmendCalendar,
    CalendarAmended,
    CalendarOverdue,
    CalendarShape,
    CalendarSucceeded,
    CalendarUploaded,
    CalendarWithdrawn,
    UploadCalendar,
    WithdrawCalendar,
)

FEATURE: Final = plain_feature(
    "calendars",
    path="calendars",
    noun="calendar",
    shape=CalendarShape,
    events=(CalendarUploaded, CalendarAmended, CalendarWithdrawn, CalendarSucceeded, CalendarOverdue),
    create=UploadCalendar,
    actions={"amend": AmendCalendar, "withdraw": WithdrawCalendar},
    filters=("year", "state"),
    counted=("state",),
    example={
        "area": "110102",
        "year": 2027,
        "holidays": ["2027-01-01", "2027-02-05", "2027-02-08"],
        "made_up": ["2027-02-20"],
    },
)
