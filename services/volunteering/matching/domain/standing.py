"""The bounds of standing acceptance (预先接受): the bookings that may be made unasked, and the way between two of them.

Within them a volunteer is confirmed unasked; beyond them the same volunteer is asked like everybody else.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from services.volunteering.matching.domain.availability import DAY, WEEK
from services.volunteering.matching.domain.distances import metres_between
from services.volunteering.matching.domain.places import find_place
from services.volunteering.matching.domain.requirement import Requirement
from services.volunteering.matching.domain.volunteers import Hold, Volunteer

MINUTE: Final = 60
HOUR: Final = 3600
LONGEST_WAY: Final = 24 * HOUR
"""Seconds that no way takes: places within one city are compared."""
AGE_OF_MAJORITY: Final = 18
"""Civil Code (民法典), art. 17."""


class StandingBounds(NamedTuple):
    """Minutes a day and week, and the hours of the day in minutes since midnight, city time.

    Minors are asked for slots within their own hours only, and are never confirmed unasked. A way of up to
    `free_metres` takes no time; a longer one is travelled at `metres_an_hour`.
    """

    day_minutes: int
    week_minutes: int
    opens: int
    closes: int
    minors_open: int
    minors_close: int
    metres_an_hour: int
    free_metres: int

    def allow_slot(self, requirement: Requirement) -> bool:
        """Return whether anybody may be confirmed unasked for the slot: it is no risk, and by day."""
        return not requirement.risky and _lies_within(requirement.week, self.opens, self.closes)

    def allow(self, volunteer: Volunteer, requirement: Requirement) -> bool:
        """Return whether this volunteer may be confirmed unasked: of age, and with hours left that day and week."""
        if not volunteer.standing or is_minor(volunteer, requirement.year) or not self.allow_slot(requirement):
            return False
        starts, since_monday = requirement.starts, requirement.week[0]
        day, monday = starts - since_monday % DAY * MINUTE, starts - since_monday * MINUTE
        in_day = in_week = (requirement.ends - starts) // MINUTE
        for _, begins, finishes in volunteer.bookings:
            if monday <= begins < monday + WEEK * MINUTE:
                in_week += (finishes - begins) // MINUTE
                if day <= begins < day + DAY * MINUTE:
                    in_day += (finishes - begins) // MINUTE
        for number, served in volunteer.spent:
            # By the middle of the day: the days are those of UTC.
            if monday <= number * DAY * MINUTE + DAY * MINUTE // 2 < monday + WEEK * MINUTE:
                in_week += served
        return in_day <= self.day_minutes and in_week <= self.week_minutes

    def allow_minors(self, requirement: Requirement) -> bool:
        """Return whether minors may be asked for the slot."""
        return _lies_within(requirement.week, self.minors_open, self.minors_close)

    def find_unreachable(
        self, volunteer: Volunteer, place: Sequence[float], starts: int, ends: int
    ) -> tuple[Hold, int] | None:
        """Return the booking from or to which the way is too long, with the minutes it takes; None where none is.

        Bookings of before this rule have no place, and bind nobody.
        """
        since, until = starts - LONGEST_WAY, ends + LONGEST_WAY
        for dispatch_id, begins, finishes in volunteer.bookings:
            if finishes <= since or begins >= until:
                continue
            there = find_place(volunteer.places, dispatch_id)
            gap = max(starts - finishes, begins - ends)
            if there is not None and gap < (needed := self.travel_seconds(there, place)):
                return Hold(dispatch_id, begins, finishes), -(-needed // MINUTE)
        return None

    def travel_seconds(self, one: Sequence[float], other: Sequence[float]) -> int:
        """Return the seconds that the way between two places takes."""
        metres = metres_between(one, other)
        return 0 if metres <= self.free_metres else int(metres * HOUR / self.metres_an_hour)


def is_minor(volunteer: Volunteer, year: int) -> bool:
    """Return whether the volunteer may be under 18 in that year: only the year of birth is known."""
    return volunteer.birth_year is not None and year - volunteer.birth_year <= AGE_OF_MAJORITY


def _lies_within(slot: tuple[int, int], opens: int, closes: int) -> bool:
    # A window of the whole day leaves nothing out, also over midnight.
    if closes - opens >= DAY:
        return True
    day = slot[0] // DAY * DAY
    return day + opens <= slot[0] and slot[1] <= day + closes
