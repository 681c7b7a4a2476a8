"""A volunteer who has become free, as waiting needs are compared with one, and the order in which they are served."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from services.volunteering.matching.domain.availability import Windows, covers, week_slot
from services.volunteering.matching.domain.distances import metres_between
from services.volunteering.matching.domain.scoring import BANDS, MAX_METRES
from services.volunteering.matching.domain.volunteers import Hold, Volunteer, hold_of, is_free, last_past
from shared.contracts.areas import city_of

POINTS_A_BAND: Final = 20
"""Needs within so many points of triage are equally urgent: of these the nearest is served first."""
SEARCHES_A_BAND: Final = 6
"""A need rises a band with each so many searches in vain: the first six take three hours, the others six."""
TOP_BAND: Final = 5
_METRES: Final = tuple(metres for metres, _ in BANDS)


@dataclass(frozen=True, slots=True)
class FreedVolunteer:
    """The facts about a volunteer that decide which needs this one suits; `zone` is the time zone of `windows`."""

    id: str
    city: str
    tags: tuple[str, ...]
    home: tuple[float, float]
    bookings: tuple[Hold, ...]
    windows: Windows
    zone: ZoneInfo

    def suits(self, tags: Sequence[str], place: Sequence[float], starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether this one has every tag, lives near enough, and is free and available for the whole slot."""
        if not set(self.tags).issuperset(tags) or self.metres_to(place) > MAX_METRES:
            return False
        _, starts, ends = hold_of("", starts_at, ends_at)
        if not is_free(self.bookings, starts, ends):
            return False
        return not self.windows or covers(self.windows, week_slot(starts_at, ends_at, self.zone))

    def metres_to(self, place: Sequence[float]) -> float:
        """Return the distance from the home to a (longitude, latitude), on the plane."""
        return metres_between(self.home, place)

    def rank(self, score: int, searches: int, place: Sequence[float], need_id: str) -> tuple[int, int, str]:
        """Return the place of a need in this one's order: band, then band of distance, then age, which its id shows."""
        band = min(TOP_BAND, score // POINTS_A_BAND + searches // SEARCHES_A_BAND)
        return -band, bisect_left(_METRES, self.metres_to(place)), need_id


def freed_from(volunteer: Volunteer, zone: ZoneInfo, now: datetime, dispatch_id: str = "") -> FreedVolunteer:
    """Return the volunteer as one whom the dispatch no longer binds.

    Past slots are left out, as every change of a volunteer drops them: before a change and after it this is the same.
    """
    past = last_past(now)
    bookings = tuple(hold for hold in volunteer.bookings if hold.dispatch_id != dispatch_id and hold.ends > past)
    return FreedVolunteer(
        volunteer.id, city_of(volunteer.area), volunteer.tags, volunteer.home, bookings, volunteer.windows, zone
    )
