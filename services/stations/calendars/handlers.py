"""The commands of calendars, and the reminder of a missing one.

An upload is written here: the calendar's id is made of its area and year, and the year before has its successor then.
"""

from datetime import timedelta
from typing import Final

from services.stations.areas.domain import check_known, load_areas
from services.stations.calendars.domain import (
    REMINDERS,
    Calendar,
    CalendarApplied,
    CalendarDue,
    CalendarTurn,
    amended,
    calendar_id,
    find_next_step,
    followed,
    noticed,
    uploaded,
    withdrawn,
)
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
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import ExternalId, Namer, keep_name, name_key, name_load
from shared.engine.plain import Plain, check_version

CALENDARS: Final = Plain(Calendar, "calendar", CalendarShape, find_next_step, reminders=REMINDERS)
_REMIND: Final = CALENDARS.remind(CalendarOverdue)


def upload_calendar(message: Incoming[UploadCalendar], vault: Namer) -> Handling:
    """Store the calendar of a year, or a withdrawn one again. Answers CalendarShape.

    Raises Refused("invalid") for an unknown area, and as `uploaded` does.
    """
    asked = message.data
    around = [calendar_id(asked.area, asked.year + years) for years in (-1, 0, 1)]
    yield [
        *(Get(Calendar, one) for one in around), Get(CalendarTurn, asked.area), *load_areas(asked.area),
        *name_load(vault, message.actor.principal, CALENDARS.kind, asked.external_id),
    ]  # fmt: skip
    work = yield TURN
    check_known(work, "area", asked.area)
    _, before, following = (work.get(Calendar, one) for one in around)
    after = uploaded(asked, before, succeeded=following is not None and following.state == "in_force")
    if not _has_name(work, vault, after, asked.external_id):
        keep_name(work, vault, CALENDARS.kind, after.id, asked.external_id)
    _take_turn(work, after.area)
    _tell_year_before(work, after)
    _apply(work, after)
    return CALENDARS.store(work, before, after, CalendarUploaded)


def withdraw_calendar(message: Incoming[WithdrawCalendar]) -> Handling:
    """Withdraw a calendar: the year before has no successor again. Answers CalendarShape."""
    asked = message.data
    work = yield [Get(Calendar, asked.id, message.actor.area)]
    known = work.get(Calendar, asked.id)
    if known is not None:
        yield [Get(Calendar, calendar_id(known.area, known.year - 1)), Get(CalendarTurn, known.area)]
    work = yield TURN
    before = work.reach(Calendar, asked.id, "id")
    check_version(before, CALENDARS.kind, asked.expected_version)
    after = withdrawn(asked, before, work.now)
    _take_turn(work, after.area)
    _tell_year_before(work, after)
    _apply(work, after)
    return CALENDARS.store(work, before, after, CalendarWithdrawn)


def amend_calendar(message: Incoming[AmendCalendar]) -> Handling:
    """Replace the days of a calendar: the visits of its area that are ahead follow. Answers CalendarShape."""
    asked = message.data
    yield [Get(Calendar, asked.id, message.actor.area)]
    work = yield TURN
    before = work.reach(Calendar, asked.id, "id")
    check_version(before, CALENDARS.kind, asked.expected_version)
    after = amended(asked, before, work.now)
    if after is not before:
        _apply(work, after)
    return CALENDARS.store(work, before, after, CalendarAmended)


def remind_of_upload(message: Incoming[CalendarDue]) -> Handling:
    """Remind of the calendar of the next year; announce once that it is known, where a newer package has it."""
    work = yield [Get(Calendar, message.data.id)]
    known = work.get(Calendar, message.data.id)
    if known is None or noticed(known) is known:
        yield from _REMIND(message)
        return
    work = yield TURN
    before = work.require(Calendar, message.data.id, "id")
    CALENDARS.store(work, before, noticed(before), CalendarSucceeded)


def _has_name(work: UnitOfWork, vault: Namer, calendar: Calendar, external_id: str | None) -> bool:
    """Return whether the caller has given the calendar this name before it was withdrawn."""
    if external_id is None:
        return False
    key = name_key(vault, work.message.actor.principal, CALENDARS.kind, external_id)
    known = work.get(ExternalId, key)
    return known is not None and known.about == calendar.id


def _take_turn(work: UnitOfWork, area: str) -> None:
    turn = work.get(CalendarTurn, area) or CalendarTurn(id=area)
    work.put(turn.model_copy(update={"taken": turn.taken + 1}))


def _apply(work: UnitOfWork, calendar: Calendar) -> None:
    # Not at this very instant: a timer of the same key and instant may have fired.
    soon = work.now + timedelta(milliseconds=1)
    work.remind(f"calendar:{calendar.id}:applied", soon, CalendarApplied(id=calendar.id))


def _tell_year_before(work: UnitOfWork, calendar: Calendar) -> None:
    earlier = work.get(Calendar, calendar_id(calendar.area, calendar.year - 1))
    if earlier is not None:
        CALENDARS.store(work, earlier, followed(earlier, calendar.state == "in_force"), CalendarSucceeded)


HANDLERS: Final[HandlerTable] = {
    UploadCalendar: upload_calendar,
    AmendCalendar: amend_calendar,
    WithdrawCalendar: withdraw_calendar,
    CalendarDue: remind_of_upload,
}
