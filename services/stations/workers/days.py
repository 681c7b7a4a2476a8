"""The days of an employment, of a licence and of the training of a year, in China's one legal time. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from shared.contracts.legal_days import LEGAL_ZONE
from shared.contracts.refusals import Refused
from shared.contracts.stations.workers import TrainingNeed

ENDING: Final = timedelta(days=90)
"""Renewal is accepted in the last three months of a registration (民发〔2009〕44号, art. 4): 90 days of ours."""
LONGEST_REGISTRATION: Final = timedelta(days=3 * 366) + ENDING
"""A registration is valid for three years (民发〔2009〕44号, art. 4). A renewal in the last three months is taken to
follow the former registration; the article does not say from which day it counts.
"""
LACKING_FROM: Final = (10, 1)
"""Month and day from which a station is to see to the minutes of training that somebody lacks."""
TRAINED_BY: Final = (11, 30)
"""Month and day by which they should be attended: the levels are reminded in the last month of the year."""
EARLIEST: Final = date(1949, 10, 1)


def require_past(day: date, now: datetime, field: str) -> None:
    """Raise Refused("invalid") for a day after today, or before EARLIEST."""
    today = today_of(now)
    if not EARLIEST <= day <= today:
        earliest = EARLIEST.isoformat()
        raise Refused("invalid", "day_not_past", field=field, earliest=earliest, today=today.isoformat())


def require_registrable(until: date | None, now: datetime) -> None:
    """Raise Refused("invalid") for a last day of a registration that no renewal gives, or before EARLIEST."""
    latest = today_of(now) + LONGEST_REGISTRATION
    if until is not None and not EARLIEST <= until <= latest:
        raise Refused("invalid", "registration_too_long", field="registered_until", latest=latest.isoformat())


def today_of(now: datetime) -> date:
    """Return the day of `now` in China's legal time."""
    return now.astimezone(LEGAL_ZONE).date()


def end_of(day: date) -> datetime:
    """Return the instant at which the day is over in China's legal time."""
    return datetime.combine(day + timedelta(days=1), time.min, LEGAL_ZONE).astimezone(UTC)


def training_of(minutes: int, wanted: int, today: date) -> TrainingNeed:
    """Return where the training of a year stands today, by the minutes attended and wanted."""
    if minutes >= wanted:
        return "reached"
    return "lacking" if today >= date(today.year, *LACKING_FROM) else "open"
