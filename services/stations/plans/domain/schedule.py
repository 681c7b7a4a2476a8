"""The schedule of a plan: the days of its visits by rule and calendar, and their instants in the city's zone. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from services.stations.calendars.working_days import WorkingDays
from services.stations.plans.domain.recurrence import parse_recurrence
from shared.contracts.stations.plans import Segment

_DAY: Final = timedelta(days=1)


class Visit(NamedTuple):
    """One visit as the plan has it: its day by the rule, and its instants.

    `moved` says that a day off has moved it, `provisional` that the calendar of its year is missing.
    """

    on: date
    starts_at: datetime
    ends_at: datetime
    moved: bool = False
    provisional: bool = False


class Scheduled(Protocol):
    """A plan, as far as its schedule goes."""

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The rules of the plan, one after another."""

    @property
    def ends_on(self) -> date:
        """The last day of the plan."""


def list_visits(plan: Scheduled, days: WorkingDays, zone: ZoneInfo) -> Mapping[date, Visit]:
    """Return the visits of a plan by their day of the rule, in order: at most one a day, so at most 1,100.

    Two visits never share a day: one that a day off would move to the day of another is left out.
    """
    rules = list(_list_days(plan.segments, plan.ends_on))
    taken = {on for segment, on in rules if segment.days_off == "keep" or days.is_working(on)}
    visits: dict[date, Visit] = {}
    for segment, on in rules:
        day: date | None = on
        if on not in taken:
            day = days.find_next(on) if segment.days_off == "move" else None
            if day is None or day in taken:
                continue
            taken.add(day)
        visit = _at(on, day or on, segment, days, zone)
        if visit.starts_at > segment.decided_at:
            visits[on] = visit
    return visits


def find_instants(day: date, visit_time: str, minutes: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the beginning and the end (UTC) of a visit on that day.

    A time that the zone leaves out has the offset from before the gap, and a time that it has twice is the first one:
    RFC 5545, section 3.3.5. The minutes are those of a clock that nobody changes.
    """
    starts = datetime.combine(day, time.fromisoformat(visit_time), tzinfo=zone).astimezone(UTC)
    return starts, starts + timedelta(minutes=minutes)


def _at(on: date, day: date, segment: Segment, days: WorkingDays, zone: ZoneInfo) -> Visit:
    starts, ends = find_instants(day, segment.visit_time, segment.minutes, zone)
    known = segment.days_off == "keep" or (days.knows(on) and days.knows(day))
    return Visit(on, starts, ends, day != on, not known)


def _list_days(segments: Sequence[Segment], last: date) -> Iterator[tuple[Segment, date]]:
    for nth, segment in enumerate(segments):
        end = last if nth + 1 == len(segments) else min(last, segments[nth + 1].since - _DAY)
        rule = parse_recurrence(segment.recurrence, "recurrence")
        yield from ((segment, day) for day in rule.list_days(segment.anchor, end) if day >= segment.since)
