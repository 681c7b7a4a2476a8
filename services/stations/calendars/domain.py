"""A working-day calendar through its life: uploaded, amended, followed by that of the next year, withdrawn. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import ClassVar, Final

from services.stations.calendars.working_days import is_known_year
from shared.contracts.areas import DISTRICT_DIGITS
from shared.contracts.overdue_levels import LAST_LEVEL
from shared.contracts.plain import NextStep, Reminder
from shared.contracts.refusals import Refused
from shared.contracts.stations.calendars import AmendCalendar, CalendarShape, UploadCalendar, WithdrawCalendar
from shared.engine.decide.entity import Entity
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due, Reminders

UPLOAD_BY: Final = (12, 15)
"""Month and day by which the next year's calendar is to be here: the State Council publishes it in November."""


class Calendar(CalendarShape, Aggregate):
    """A calendar as it is stored. Its id is made of area and year: an area has one a year."""

    collection: ClassVar[str] = "calendars"


class CalendarTurn(Entity):
    """The number of uploads and withdrawals in an area, whose code it has as its id. Each changes it, so that of two
    which are decided at once, of years that follow each other, the second is decided again and sees the first.
    """

    collection: ClassVar[str] = "calendar_turns"
    taken: int = 0


class CalendarDue(Due):
    """The next year's calendar is missing: its upload is reminded of."""

    type: ClassVar[str] = "stations.calendar_due"


class CalendarApplied(Due):
    """The days of a calendar are others than before: the plans of its area follow. `after` is the last one that has."""

    type: ClassVar[str] = "stations.calendar_applied"
    after: str = ""


def calendar_id(area: str, year: int) -> str:
    """Return the id of the area's calendar of that year."""
    return f"calendar_{area}_{year}"


def uploaded(asked: UploadCalendar, before: Calendar | None, *, succeeded: bool) -> Calendar:
    """Return the calendar as uploaded; `before` is the one of the same area and year, `succeeded` as the shape has it.

    Raises Refused: "conflict" where one is in force, "invalid" for an area smaller than a district, or days that
    contradict each other or lie in another year.
    """
    if len(asked.area) > DISTRICT_DIGITS:
        raise Refused("invalid", "calendar_area_too_small", field="area", area=asked.area)
    if before is not None and before.state == "in_force":
        raise Refused("conflict", "calendar_known", field="year", calendar=before.id, year=asked.year)
    holidays, made_up = _order(asked.holidays, asked.made_up, asked.year)
    return Calendar(
        id=calendar_id(asked.area, asked.year), version=0 if before is None else before.version, area=asked.area,
        year=asked.year, holidays=holidays, made_up=made_up, state="in_force", succeeded=succeeded,
    )  # fmt: skip


def amended(asked: AmendCalendar, before: Calendar, _: datetime) -> Calendar:
    """Return the calendar with other days. Raises Refused: "wrong_state" of a withdrawn one, "invalid" for the days."""
    _require_in_force(before)
    holidays, made_up = _order(asked.holidays, asked.made_up, before.year)
    if (holidays, made_up) == (before.holidays, before.made_up):
        return before
    return before.model_copy(update={"holidays": holidays, "made_up": made_up})


def withdrawn(_: WithdrawCalendar, before: Calendar, __: datetime) -> Calendar:
    """Return the calendar as withdrawn. Raises Refused("wrong_state") where it is withdrawn already."""
    _require_in_force(before)
    return before.model_copy(update={"state": "withdrawn"})


def followed(before: Calendar, succeeded: bool) -> Calendar:
    """Return the calendar knowing whether the next year's is here; the same one where that is no news."""
    return before if before.succeeded is succeeded else before.model_copy(update={"succeeded": succeeded})


def noticed(before: Calendar) -> Calendar:
    """Return the calendar with the next year known where a later list of the country has it; else the same one."""
    known = before.state == "in_force" and is_known_year(before.year + 1)
    return followed(before, True) if known else before


def find_next_step(calendar: Calendar) -> NextStep | None:
    """Return the upload of the next year's calendar, due by the middle of December; None where the year is known."""
    following = calendar.year + 1
    if calendar.state != "in_force" or calendar.succeeded or is_known_year(following):
        return None
    due = datetime(calendar.year, *UPLOAD_BY, tzinfo=UTC)
    return NextStep(code="upload_calendar", args={"year": following}, due=due)


class CalendarReminders(Reminders):
    """Reminders of an upload go to the area of the calendar itself: no station can upload one."""

    def reminded(
        self, area: str, last: Reminder | None, step: NextStep, now: datetime, *, left: bool = False
    ) -> Reminder:
        """Return the reminder, at `now`; the next one is due after `repeat`."""
        del last, left
        due = step.due or now
        return Reminder(step=step.code, was_due=due, level=LAST_LEVEL, area=area, next_at=now + self.repeat)


REMINDERS: Final = CalendarReminders(CalendarDue, frozenset({"upload_calendar"}))


def _order(holidays: Sequence[date], made_up: Sequence[date], year: int) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Return both lists in order, each day once. Raises Refused("invalid") naming the day that does not fit."""
    for field, days in (("holidays", holidays), ("made_up", made_up)):
        for nth, day in enumerate(days):
            if day.year != year:
                raise Refused("invalid", "day_of_another_year", field=f"{field}.{nth}", day=day.isoformat(), year=year)
    off = set(holidays)
    for nth, day in enumerate(made_up):
        if day in off:
            raise Refused("invalid", "day_off_and_worked", field=f"made_up.{nth}", day=day.isoformat())
    return tuple(sorted(off)), tuple(sorted(set(made_up)))


def _require_in_force(calendar: Calendar) -> None:
    if calendar.state != "in_force":
        raise Refused("wrong_state", "calendar_withdrawn", field="id")
