"""Recurrences: the subset of RFC 5545, section 3.3.10, by which a plan may repeat, each part with its limits. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Final, Literal

from dateutil.rrule import DAILY, FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, rrule, weekday

from shared.contracts.refusals import Refused

Frequency = Literal["DAILY", "WEEKLY", "MONTHLY"]
MOST_COUNT: Final = 1_000
MOST_INTERVAL: Final = 99
_FREQUENCIES: Final[Mapping[str, int]] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY}
_DAYS: Final[Mapping[str, weekday]] = {"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}
_KNOWN: Final = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "COUNT", "UNTIL")
_DAY: Final = re.compile(r"([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)")
_WHOLE: Final = re.compile(r"[1-9][0-9]{0,3}")
_MONTH_DAY: Final = re.compile(r"-?([1-9]|[12][0-9]|3[01])")
_UNTIL: Final = re.compile(r"[0-9]{8}")


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A recurrence; `days` are weekdays with their number in the month, 0 for each; `count` and `until` exclude."""

    frequency: str
    interval: int = 1
    days: tuple[tuple[int, str], ...] = ()
    month_days: tuple[int, ...] = ()
    count: int | None = None
    until: date | None = None

    def list_days(self, anchor: date, last: date) -> Iterator[date]:
        """Yield the days from `anchor` to `last` in order; `anchor` itself only where the rule has it."""
        end = last if self.until is None else min(last, self.until)
        days = rrule(
            _FREQUENCIES[self.frequency],
            dtstart=datetime.combine(anchor, datetime.min.time()),
            # Always bounded: a rule that no day fits would be searched to the year 9999.
            until=datetime.combine(end, datetime.min.time()),
            interval=self.interval,
            wkst=MO,
            byweekday=[_DAYS[name](nth) if nth else _DAYS[name] for nth, name in self.days] or None,
            bymonthday=self.month_days or None,
        )
        return (day.date() for day in islice(days, self.count))


def parse_recurrence(text: str, field: str) -> Recurrence:
    """Return the recurrence. Raises Refused("invalid") naming the part that is unknown, repeated or out of range."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        if name not in _KNOWN:
            raise Refused("invalid", "recurrence_part_unknown", field=field, part=part, known=", ".join(_KNOWN))
        if name in parts:
            raise Refused("invalid", "recurrence_part_twice", field=field, part=name)
        parts[name] = value
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise Refused("invalid", "recurrence_value", field=field, part="FREQ", value=frequency)
    if "COUNT" in parts and "UNTIL" in parts:
        raise Refused("invalid", "recurrence_count_and_until", field=field)
    if "BYMONTHDAY" in parts and frequency != "MONTHLY":
        raise Refused("invalid", "recurrence_part_unfit", field=field, part="BYMONTHDAY", frequency=frequency)
    return Recurrence(
        frequency=frequency,
        interval=_read_number(parts, "INTERVAL", MOST_INTERVAL, field) or 1,
        days=_read_days(parts, frequency, field),
        month_days=_read_month_days(parts, field),
        count=_read_number(parts, "COUNT", MOST_COUNT, field),
        until=_read_until(parts, field),
    )


def _read_number(parts: Mapping[str, str], name: str, most: int, field: str) -> int | None:
    if name not in parts:
        return None
    value = parts[name]
    if not _WHOLE.fullmatch(value) or int(value) > most:
        raise Refused("invalid", "recurrence_value", field=field, part=name, value=value)
    return int(value)


def _read_days(parts: Mapping[str, str], frequency: str, field: str) -> tuple[tuple[int, str], ...]:
    days = []
    for value in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        read = _DAY.fullmatch(value)
        if read is None:
            raise Refused("invalid", "recurrence_value", field=field, part="BYDAY", value=value)
        nth, name = read.groups()
        if nth is not None and frequency != "MONTHLY":
            raise Refused("invalid", "recurrence_part_unfit", field=field, part=f"BYDAY={value}", frequency=frequency)
        days.append((int(nth or 0), name))
    return tuple(sorted(set(days)))


def _read_month_days(parts: Mapping[str, str], field: str) -> tuple[int, ...]:
    values = parts["BYMONTHDAY"].split(",") if "BYMONTHDAY" in parts else []
    for value in values:
        if not _MONTH_DAY.fullmatch(value):
            raise Refused("invalid", "recurrence_value", field=field, part="BYMONTHDAY", value=value)
    return tuple(sorted({int(value) for value in values}))


def _read_until(parts: Mapping[str, str], field: str) -> date | None:
    value = parts.get("UNTIL")
    if value is None:
        return None
    try:
        return date.fromisoformat(value if _UNTIL.fullmatch(value) else "")
    except ValueError:
        raise Refused("invalid", "recurrence_value", field=field, part="UNTIL", value=value) from None
