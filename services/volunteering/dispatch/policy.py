"""What a city may decide for itself about offers, check-in and credit."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

MAX_CHANGES: Final = 100
"""Dispatches that one decision changes at most, so that its event stays below 64 KiB; the rest follows at once."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The defaults are those of DESIGN §5 and of the settings in the service's README."""

    offer: timedelta = timedelta(minutes=30)
    """How long an offer stands."""
    wave_factor: int = 2
    """Offers that go out for each person still missing."""
    max_open_offers: int = 5
    """Unanswered offers that one volunteer gets at most."""
    check_in_early: timedelta = timedelta(minutes=60)
    """How long before the slot one may check in."""
    entry_cap_minutes: int = 480
    """The most that one dispatch credits."""
    begun_minutes_count: bool = True
    """Whether a begun minute counts as a whole one; otherwise it is dropped. Cities round as they see fit."""
    recheck: timedelta = timedelta(minutes=5)
    """How often a waiting need is looked at again, at first."""
    no_show_grace: timedelta = timedelta(minutes=30)
    """How long after the slot a volunteer who never checked in counts as absent."""
    forgotten_check_out: timedelta = timedelta(minutes=60)
    """How long after the slot the server checks out who did not."""
    zone: ZoneInfo = ZoneInfo("Asia/Shanghai")  # noqa: RUF009 - immutable
    """The time that availability is given in."""
