"""The working-day calendar (工作日历): the days off of a year, and the weekend days worked for them (调休)."""

from datetime import date
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, EventData, Scope, command, event
from shared.contracts.plain import Action, Creation, Reminder, Shape

CalendarState = Literal["in_force", "withdrawn"]
MOST_HOLIDAYS: Final = 150
"""Of one year: the longest list of the State Council has 33 days, and a region adds some of its own."""
MOST_MADE_UP: Final = 60
"""Weekend days of one year that may be worked."""
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100

_HOLIDAYS: Final = "Days off besides Saturdays and Sundays; those of a weekend may be named as well."
_MADE_UP: Final = "Saturdays and Sundays that are worked, to make up for a holiday."


class CalendarShape(Shape):
    """The working days of one area in one year. A narrower area's calendar counts there before a wider one's."""

    year: int = Field(description="The year of all its days.")
    holidays: tuple[date, ...] = Field(max_length=MOST_HOLIDAYS, description=_HOLIDAYS)
    made_up: tuple[date, ...] = Field(max_length=MOST_MADE_UP, description=_MADE_UP)
    state: Annotated[CalendarState, OPEN]
    succeeded: bool = Field(default=False, description="Whether the calendar of the next year is here.")
    reminder: Reminder | None = None


@event
class CalendarUploaded(CalendarShape, EventData):
    """The working-day calendar of a year was uploaded."""

    type: ClassVar[str] = "stations.calendar.uploaded"


@event
class CalendarAmended(CalendarShape, EventData):
    """Days of a calendar are others than before."""

    type: ClassVar[str] = "stations.calendar.amended"


@event
class CalendarWithdrawn(CalendarShape, EventData):
    """A calendar was withdrawn: the one of the wider area counts again, or the country's."""

    type: ClassVar[str] = "stations.calendar.withdrawn"


@event
class CalendarSucceeded(CalendarShape, EventData):
    """Whether the calendar of the next year is here has changed."""

    type: ClassVar[str] = "stations.calendar.succeeded"


@event
class CalendarOverdue(CalendarShape, EventData):
    """The calendar of the next year is missing, and its upload is overdue."""

    type: ClassVar[str] = "stations.calendar.overdue"


@command
class UploadCalendar(Creation):
    """Upload the working-day calendar of a year, for a province, a city or a district. Answers CalendarShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "UploadCalendar"
    permission: ClassVar[Permission] = "calendars:manage"
    scope: ClassVar[Scope] = Scope(named=("area",))
    area: AreaCode
    year: int = Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR, description="The year of all its days.")
    holidays: tuple[date, ...] = Field(max_length=MOST_HOLIDAYS, description=_HOLIDAYS)
    made_up: tuple[date, ...] = Field(default=(), max_length=MOST_MADE_UP, description=_MADE_UP)


@command
class AmendCalendar(Action):
    """Replace the days of a calendar: occurrences that are still ahead follow. Answers CalendarShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "AmendCalendar"
    permission: ClassVar[Permission] = "calendars:manage"
    holidays: tuple[date, ...] = Field(max_length=MOST_HOLIDAYS, description=_HOLIDAYS)
    made_up: tuple[date, ...] = Field(default=(), max_length=MOST_MADE_UP, description=_MADE_UP)


@command
class WithdrawCalendar(Action):
    """Withdraw a calendar that was uploaded by mistake; it may be uploaded again. Answers CalendarShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "WithdrawCalendar"
    permission: ClassVar[Permission] = "calendars:manage"
