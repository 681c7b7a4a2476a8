"""The facts about a volunteer that matching needs, and the slots that the volunteer has promised.

The slots stand on the volunteer itself, so that the version guard of one document keeps anyone from being booked twice
(L4), however many replicas decide at once.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from math import ceil, floor
from typing import ClassVar, Final, Literal, NamedTuple

from services.volunteering.matching.domain.asks import NEVER_ASKED, count_ask
from services.volunteering.matching.domain.availability import Windows
from services.volunteering.matching.domain.months import count_taken, month_of
from services.volunteering.matching.domain.places import places_in, write_place
from shared.contracts.refusals import Refused
from shared.engine.decide.entity import Entity
from shared.engine.decide.schema import Document
from shared.engine.decide.sparse import Sparse, sparse_fields_of

ANY_TAG: Final = "any"
"""The tag that everyone has: a need without skills and languages is matched by it."""
WITHHELD: Final = "withheld:"
"""The beginning of the tags of a volunteer without consent to be matched: no skill and no language is named so."""
HOME_DECIMALS: Final = 3
"""Home points are kept to a thousandth of a degree, about 100 m; the exact one is sealed."""
BOOKINGS_KEPT: Final = timedelta(hours=24)
"""How long a past slot stays. A slot that began longer ago is not staffed, so none can overlap it unseen."""
NOWHERE: Final = (0.0, 0.0)
"""The home of a volunteer whose data was erased: far from every city, and found by no tag."""
DAY_SECONDS: Final = 24 * 3600
DAYS_COUNTED: Final = 8
"""Days for which the minutes of dropped slots are counted: a whole week in any time zone."""
KEPT_FOR_WAITING: Final = timedelta(seconds=2)
"""The rechecks of waiting needs follow within milliseconds; where they are held up longer, later needs go on."""
MAX_BOOKINGS: Final = 60
"""Bookings with which a volunteer is given no other need: the document stays small however busy its owner is. Those
who accept the offers that they have open have a few more.
"""


class Hold(NamedTuple):
    """A slot kept for a dispatch, in seconds since 1970 UTC. It ends before `ends`: the next may begin there."""

    dispatch_id: str
    starts: int
    ends: int


class Volunteer(Sparse, Entity):
    """The facts that matching needs, none of them personal: those are in the sealed `VolunteerPerson`.

    `tags` are the skills, the languages as `lang:…`, and `any`. `taken` counts the slots of `month` (year · 12 + month)
    that are over and were dropped since: with the `bookings` of that month they are its load. `kept` counts the
    dispatches served, `missed` the no-shows and late withdrawals. `serving` is the dispatch that the volunteer is
    checked in to. `answered_month` is the month of the last promise, decline or change of terms. One who is `away`, or
    not admitted (`pending`, `rejected`), has no tags, so that no search finds one; they are `kept_tags` until the
    return, at `away_until` where the pause has an end. `places` are those of bookings, see `places.py`; `spent` are the
    minutes of slots that were dropped since, by UTC day since 1970, of the last eight days. Up to `kept_until`, in
    seconds since 1970, the needs that waited already come before later ones. `asked` is the week of the last offer and
    the number of offers in that week, see `asks.py`. `stands_for` are the ids that were merged into this one: a need
    that was declined under one of them does not ask this one.
    """

    collection: ClassVar[str] = "volunteers"
    # The search for a slot, also that of release 0.2, compares the windows with an empty list.
    always_stored: ClassVar[frozenset[str]] = frozenset({"windows"})

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
    answered_month: int = 0
    away: Literal["", "paused", "left", "pending", "rejected"] = ""
    away_until: datetime | None = None
    kept_tags: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    spent: tuple[tuple[int, int], ...] = ()
    kept_until: int = 0
    asked: tuple[int, int] = NEVER_ASKED
    stands_for: tuple[str, ...] = ()

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return the fields as MongoDB stores them; `home` is a coordinate pair, which a 2dsphere index reads."""
        return sparse_fields_of(self, only)


def tags_of(skills: tuple[str, ...], languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags by which a volunteer is found; upper and lower case are the same."""
    return (ANY_TAG, *_spell_tags(skills, languages))


def needed_tags(skills: tuple[str, ...], languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags that a volunteer must have to serve: every skill and every language the need asks for."""
    # Sorted, so that needs which list the same skills in another order make equal searches.
    return tuple(sorted(_spell_tags(skills, languages))) or (ANY_TAG,)


def _spell_tags(skills: tuple[str, ...], languages: tuple[str, ...]) -> tuple[str, ...]:
    tags = [*(skill.casefold() for skill in skills), *(f"lang:{name.casefold()}" for name in languages)]
    return tuple(dict.fromkeys(tags))


def hold_of(dispatch_id: str, starts_at: datetime, ends_at: datetime) -> Hold:
    """Return the slot in whole seconds, rounded outwards: slots that overlap by a moment overlap."""
    return Hold(dispatch_id, floor(starts_at.timestamp()), ceil(ends_at.timestamp()))


def is_free(bookings: Iterable[Hold], starts: int, ends: int) -> bool:
    """Return whether no booking overlaps the slot, in seconds since 1970.

    The lists of three values that MongoDB gives back serve as holds, too.
    """
    for _, begins, finishes in bookings:  # noqa: SIM110 - read for every candidate: `all` takes twice as long
        if begins < ends and starts < finishes:
            return False
    return True


def last_past(now: datetime) -> int:
    """Return the second since 1970 up to which a slot that has ended can overlap no other any more."""
    return int((now - BOOKINGS_KEPT).timestamp())


def has_most_bookings(bookings: Sequence[Hold], past: int) -> bool:
    """Return whether MAX_BOOKINGS of the slots, or more, ended later than `past`: those before bind nobody."""
    return len(bookings) >= MAX_BOOKINGS and sum(hold.ends > past for hold in bookings) >= MAX_BOOKINGS


def _without_past(volunteer: Volunteer, now: datetime) -> Volunteer:
    """Return the volunteer without the slots that can overlap no other any more.

    Every change of a volunteer begins with it. The document is written anyway, so that past slots need no timer, and
    its size does not depend on the number of needs served.
    """
    past = last_past(now)
    dropped = [hold for hold in volunteer.bookings if hold.ends <= past]
    if not dropped and not any(hold.ends <= past for hold in volunteer.offers):
        return volunteer
    slots = {"bookings": volunteer.bookings, "offers": volunteer.offers}
    update = {name: tuple(hold for hold in holds if hold.ends > past) for name, holds in slots.items()}
    month, taken = count_taken(volunteer.month, volunteer.taken, (hold.starts for hold in dropped))
    spent = _with_spent(volunteer.spent, dropped, now)
    return volunteer.model_copy(update={**update, "spent": spent, "month": month, "taken": taken})


def _with_spent(
    spent: Iterable[tuple[int, int]], dropped: Iterable[Hold], now: datetime
) -> tuple[tuple[int, int], ...]:
    minutes = Counter(dict(spent))
    for hold in dropped:
        minutes[hold.starts // DAY_SECONDS] += (hold.ends - hold.starts) // 60
    oldest = int(now.timestamp()) // DAY_SECONDS - DAYS_COUNTED
    return tuple(sorted((day, served) for day, served in minutes.items() if day >= oldest))


def booked(volunteer: Volunteer, hold: Hold, now: datetime, place: tuple[float, float]) -> Volunteer:
    """Return the volunteer with the slot at that place promised.

    Raises Refused("conflict", rule "nobody is booked twice") where another booking overlaps the slot.
    """
    if not is_free(volunteer.bookings, hold.starts, hold.ends):
        raise Refused("conflict", "booked_elsewhere", field="dispatch_id")
    volunteer = _without_past(volunteer, now)
    promised = {booking.dispatch_id for booking in volunteer.bookings}
    return volunteer.model_copy(
        update={
            "bookings": (*volunteer.bookings, hold),
            "places": (*places_in(volunteer.places, promised), write_place(hold.dispatch_id, place)),
            "offers": _without(volunteer.offers, hold.dispatch_id) if volunteer.offers else (),
            "answered_month": month_of(now),
        }
    )


def offered(volunteer: Volunteer, hold: Hold, now: datetime, week: int | None) -> Volunteer:
    """Return the volunteer with one more open offer; offers may overlap, the first that is accepted counts.

    The offer counts as an ask of that `week`, see `asks.py`; None where it was made before and taken back.
    """
    volunteer = _without_past(volunteer, now)
    asked = volunteer.asked if week is None else count_ask(volunteer.asked, week)
    return volunteer.model_copy(update={"offers": (*volunteer.offers, hold), "asked": asked})


def released(volunteer: Volunteer, dispatch_id: str, now: datetime, *, missed: bool = False) -> Volunteer:
    """Return the volunteer free of the offer or booking; `missed` counts against reliability."""
    # Before past slots are dropped: this one is no service of its month.
    holds = {"bookings": volunteer.bookings, "offers": volunteer.offers}
    own = {name: _without(of, dispatch_id) for name, of in holds.items()}
    volunteer = _without_past(volunteer.model_copy(update=own), now)
    return volunteer.model_copy(
        update={
            "serving": None if volunteer.serving == dispatch_id else volunteer.serving,
            "missed": volunteer.missed + missed,
        }
    )


def kept_for_waiting(volunteer: Volunteer, now: datetime) -> Volunteer:
    """Return the volunteer as one whom needs that wait are about to ask: a later need leaves this one to them."""
    return volunteer.model_copy(update={"kept_until": int((now + KEPT_FOR_WAITING).timestamp()) + 1})


def excused(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer with one withdrawal fewer against reliability, because it was taken back."""
    return volunteer.model_copy(update={"missed": max(0, volunteer.missed - 1)})


def answered(volunteer: Volunteer, now: datetime) -> Volunteer:
    """Return the volunteer as one who has answered an offer this month, and so is not inactive."""
    return volunteer.model_copy(update={"answered_month": month_of(now)})


def withheld(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer with tags that no search finds: without consent nobody is matched (PIPL, art. 15)."""
    return volunteer.model_copy(update={"tags": withhold(volunteer.tags), "kept_tags": withhold(volunteer.kept_tags)})


def shown(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer with the tags of before `withheld`."""
    return volunteer.model_copy(update={"tags": show(volunteer.tags), "kept_tags": show(volunteer.kept_tags)})


def withhold(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags under names for which nobody searches."""
    return tuple(tag if tag.startswith(WITHHELD) else WITHHELD + tag for tag in tags)


def show(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tags under their own names."""
    return tuple(tag.removeprefix(WITHHELD) for tag in tags)


def forgotten(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer without the facts that matching uses: without tags no search finds them."""
    facts = {
        "home": NOWHERE,
        "tags": (),
        "kept_tags": (),
        "places": (),
        "spent": (),
        "windows": (),
        "birth_year": None,
        "standing": False,
    }
    return volunteer.model_copy(update=facts)


def is_forgotten(volunteer: Volunteer) -> bool:
    """Return whether the volunteer's data was erased, or is being erased."""
    return volunteer.home == NOWHERE


def find_hold(volunteer: Volunteer, passed: Collection[str]) -> Hold | None:
    """Return the first offer or booking that is not among the `passed` dispatches; None where there is none."""
    return next((hold for hold in (*volunteer.offers, *volunteer.bookings) if hold.dispatch_id not in passed), None)


def checked_in(volunteer: Volunteer, dispatch_id: str, now: datetime) -> Volunteer:
    """Return the volunteer at work for the dispatch.

    Raises Refused("conflict", rule "one service at a time") while checked in elsewhere: nobody earns a minute twice.
    """
    if volunteer.serving not in (None, dispatch_id):
        raise Refused("conflict", "checked_in_elsewhere", field="dispatch_id", other=str(volunteer.serving))
    return _without_past(volunteer, now).model_copy(update={"serving": dispatch_id})


def checked_out(volunteer: Volunteer, dispatch_id: str, now: datetime) -> Volunteer:
    """Return the volunteer after the work, which counts as kept."""
    serving = None if volunteer.serving == dispatch_id else volunteer.serving
    # The slot stays promised although the work is over, so that no other dispatch overlaps the minutes served.
    return _without_past(volunteer, now).model_copy(update={"serving": serving, "kept": volunteer.kept + 1})


def unserved(volunteer: Volunteer, dispatch_id: str, now: datetime, *, kept: bool) -> Volunteer:
    """Return the volunteer as one who did not serve after all; `kept` says that the work had counted already."""
    after = released(volunteer, dispatch_id, now, missed=True)
    return after.model_copy(update={"kept": max(0, after.kept - 1)}) if kept else after


def _without(holds: tuple[Hold, ...], dispatch_id: str) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold.dispatch_id != dispatch_id)
