"""A volunteer who has become free, as compared with waiting needs, and the order in which these are served."""

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
from shared.contracts.priority_bands import TOP_BAND, find_band

_METRES: Final = tuple(metres for metres, _ in BANDS)


@dataclass(frozen=True, slots=True)
class FreedVolunteer:
    """The facts about a volunteer that decide which needs they suit; `zone` is the time zone of `windows`.

    `at` is the instant of city time at which the waiting of the needs is counted.
    """

    id: str
    city: str
    tags: tuple[str, ...]
    home: tuple[float, float]
    bookings: tuple[Hold, ...]
    windows: Windows
    zone: ZoneInfo
    at: datetime
    stands_for: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids of the person."""
        return (self.id, *self.stands_for)

    def suits(self, tags: Sequence[str], place: Sequence[float], starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether the volunteer has every tag, lives near enough, and is free for the whole slot."""
        if not set(self.tags).issuperset(tags) or self.metres_to(place) > MAX_METRES:
            return False
        _, starts, ends = hold_of("", starts_at, ends_at)
        if not is_free(self.bookings, starts, ends):
            return False
        return not self.windows or covers(self.windows, week_slot(starts_at, ends_at, self.zone))

    def metres_to(self, place: Sequence[float]) -> float:
        """Return the distance from the home to a (longitude, latitude), on the plane."""
        return metres_between(self.home, place)

    def rank(self, score: int, since: datetime | None, place: Sequence[float], need_id: str) -> tuple[int, int, str]:
        """Return the rank of a need for the volunteer: band, then band of distance, then age, which its id shows.

        `since` is its registration; a need without one, as release 0.2 has stored it, has waited longest: it is in the
        top band.
        """
        band = TOP_BAND if since is None else find_band(score, since, self.at)
        return -band, bisect_left(_METRES, self.metres_to(place)), need_id


def freed_from(volunteer: Volunteer, zone: ZoneInfo, now: datetime, dispatch_id: str = "") -> FreedVolunteer:
    """Return the volunteer as one whom the dispatch no longer binds.

    Past slots are left out, as every change of a volunteer drops them: before a change and after it this is the same.
    """
    past = last_past(now)
    bookings = tuple(hold for hold in volunteer.bookings if hold.dispatch_id != dispatch_id and hold.ends > past)
    return FreedVolunteer(
        volunteer.id, city_of(volunteer.area), volunteer.tags, volunteer.home, bookings, volunteer.windows, zone, now,
        volunteer.stands_for,
    )  # fmt: skip
