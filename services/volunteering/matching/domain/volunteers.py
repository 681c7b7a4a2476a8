"""Volunteers: what matching knows of them, and the slots they have promised.

The slots stand on the volunteer itself, so that the version guard of one document keeps anyone from being
booked twice (L4), however many services decide at once.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any, ClassVar, Final, NamedTuple

from services.volunteering.domain.availability import Windows
from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity, as_stored, fields_of

ANY_TAG: Final = "any"
"""The tag that everyone has: what a need without skills and languages is matched by."""
HOME_DECIMALS: Final = 3
"""Home points are kept to a thousandth of a degree, about 100 m; the exact one is sealed."""
BOOKINGS_KEPT: Final = timedelta(hours=24)
"""How long a past booking stays. A slot that began longer ago is not staffed, so none can overlap it unseen."""
MAX_BOOKINGS: Final = 60
"""Nobody is booked for more than that ahead."""
LATE: Final = timedelta(hours=24)
"""Withdrawing later than this before the beginning counts against reliability (Karrot's late leave)."""


class Hold(NamedTuple):
    """A slot kept for a dispatch, in seconds since 1970 UTC. It ends before `ends`: the next may begin there."""

    dispatch_id: str
    starts: int
    ends: int


class Volunteer(Entity):
    """What matching needs, and nothing that tells who it is: the person is in VolunteerPerson, sealed.

    `tags` are the skills, the languages as `lang:…`, and `any`. `taken` counts the dispatches of `month`
    (year · 12 + month); `kept` and `missed` those that were served and those that were not come to.
    """

    collection: ClassVar[str] = "volunteers"

    area: str
    home: tuple[float, float]
    tags: tuple[str, ...]
    windows: Windows = ()
    birth_year: int | None = None
    standing: bool = False
    bookings: tuple[Hold, ...] = ()
    offers: tuple[Hold, ...] = ()
    serving: str | None = None
    month: int = 0
    taken: int = 0
    kept: int = 0
    missed: int = 0

    def to_document(self, only: AbstractSet[str] | None = None) -> dict[str, Any]:
        """As MongoDB stores it; `home` is a coordinate pair, which 2dsphere reads."""
        return as_stored(fields_of(self, only))


class VolunteerPerson(Entity):
    """Who the volunteer is. `name`, `phone` and `location` are sealed; reading them is audited."""

    collection: ClassVar[str] = "volunteer_people"

    name: str
    phone: str
    location: str
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    availability: tuple[dict[str, Any], ...] = ()
    registered_at: datetime


def tags_of(skills: tuple[str, ...], languages: tuple[str, ...]) -> tuple[str, ...]:
    """What a volunteer is found by; upper and lower case are the same."""
    return (ANY_TAG, *_spelled(skills, languages))


def needed_tags(skills: tuple[str, ...], languages: tuple[str, ...]) -> tuple[str, ...]:
    """What a volunteer must have to serve: every skill and every language that is asked for."""
    return tuple(sorted(_spelled(skills, languages))) or (ANY_TAG,)


def _spelled(skills: tuple[str, ...], languages: tuple[str, ...]) -> tuple[str, ...]:
    tags = [*(skill.casefold() for skill in skills), *(f"lang:{name.casefold()}" for name in languages)]
    return tuple(dict.fromkeys(tags))


def hold_of(dispatch_id: str, starts_at: datetime, ends_at: datetime) -> Hold:
    """The slot in whole seconds, rounded outwards: what overlaps by a moment overlaps."""
    return Hold(dispatch_id, floor(starts_at.timestamp()), ceil(ends_at.timestamp()))


def month_of(now: datetime) -> int:
    """The month as Volunteer.month counts it."""
    return now.year * 12 + now.month


def is_free(bookings: Iterable[Sequence[Any]], starts: int, ends: int) -> bool:
    """Whether nothing is booked within the slot; the bookings as Hold has them, or as they are stored."""
    for _, begins, finishes in bookings:  # noqa: SIM110 - read for every candidate: `all` takes twice as long
        if begins < ends and starts < finishes:
            return False
    return True


def booked(volunteer: Volunteer, hold: Hold, now: datetime) -> Volunteer:
    """With the slot promised. Raises Refused where another booking overlaps it."""
    if not is_free(volunteer.bookings, hold.starts, hold.ends):
        raise Refused(
            "conflict",
            "This volunteer is booked elsewhere in that time: withdraw from the other dispatch first.",
            field="dispatch_id",
            rule="nobody is booked twice",
        )
    oldest = int((now - BOOKINGS_KEPT).timestamp())
    month = month_of(now)
    return volunteer.model_copy(
        update={
            "bookings": (*(b for b in volunteer.bookings if b.ends > oldest), hold),
            "offers": _without(volunteer.offers, hold.dispatch_id) if volunteer.offers else (),
            "month": month,
            "taken": volunteer.taken + 1 if volunteer.month == month else 1,
        }
    )


def asked(volunteer: Volunteer, hold: Hold) -> Volunteer:
    """With an offer open; offers may overlap, the first that is accepted counts."""
    return volunteer.model_copy(update={"offers": (*volunteer.offers, hold)})


def let_go(volunteer: Volunteer, dispatch_id: str, *, missed: bool = False) -> Volunteer:
    """Free again of an offer or a booking; `missed` counts against reliability."""
    booking = any(hold.dispatch_id == dispatch_id for hold in volunteer.bookings)
    return volunteer.model_copy(
        update={
            "bookings": _without(volunteer.bookings, dispatch_id),
            "offers": _without(volunteer.offers, dispatch_id),
            "serving": None if volunteer.serving == dispatch_id else volunteer.serving,
            "taken": max(0, volunteer.taken - booking),
            "missed": volunteer.missed + missed,
        }
    )


def begun(volunteer: Volunteer, dispatch_id: str) -> Volunteer:
    """At work. Raises Refused while at work elsewhere: nobody earns the same minute twice."""
    if volunteer.serving not in (None, dispatch_id):
        raise Refused(
            "conflict",
            f"This volunteer is still checked in to {volunteer.serving}: check out there first.",
            field="dispatch_id",
            rule="one service at a time",
        )
    return volunteer.model_copy(update={"serving": dispatch_id})


def done(volunteer: Volunteer, dispatch_id: str) -> Volunteer:
    """The work is over and was kept. The slot stays promised, so that no other dispatch overlaps it."""
    serving = None if volunteer.serving == dispatch_id else volunteer.serving
    return volunteer.model_copy(update={"serving": serving, "kept": volunteer.kept + 1})


def _without(holds: tuple[Hold, ...], dispatch_id: str) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold.dispatch_id != dispatch_id)
