"""A merge (合并) of two volunteers who are one person: the promises and the record that the survivor takes over.

Skills, languages, availability, standing acceptance and birth year stay the survivor's. Accounts of the time bank stay
as they are: a ledger is never edited, and a statement covers all ids of a person.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from services.volunteering.dispatch.domain.staffing import Staffing, need_of
from services.volunteering.matching.domain.asks import add_asks
from services.volunteering.matching.domain.months import count_taken
from services.volunteering.matching.domain.places import places_in
from services.volunteering.matching.domain.volunteers import (
    MAX_BOOKINGS,
    Hold,
    Volunteer,
    is_forgotten,
    is_free,
    last_past,
    show,
)
from services.volunteering.matching.kept_tags import VolunteerMerge
from services.volunteering.merges.spent import add_spent, find_over, part_spent, spent_by
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.merges import MOST_CHANGED, MergedDispatch

OPEN: Final = frozenset({"offered", "accepted"})
"""The states of a dispatch that a merge may change: nobody has come yet."""
FindStaffing = Callable[[str], Staffing | None]
"""Returns the staffing of a need."""


class Slot(NamedTuple):
    """A booking of either id: `served` where its volunteer has come and gone, so that it cannot be taken back."""

    hold: Hold
    served: bool


def require_at_rest(*volunteers: Volunteer) -> None:
    """Raise Refused("wrong_state") while one of them is checked in, naming the dispatch to check out of.

    The minutes of a service belong to the id that began it.
    """
    for volunteer in volunteers:
        if volunteer.serving is not None:
            raise Refused(
                "wrong_state", "checked_in_now", field="volunteer_id", id=volunteer.id, dispatch=volunteer.serving
            )


def require_not_erased(*volunteers: Volunteer) -> None:
    """Raise Refused("wrong_state") where the data of one of them was erased: nothing may bring it back."""
    for volunteer in volunteers:
        if is_forgotten(volunteer):
            raise Refused("wrong_state", "person_erased", field="volunteer_id", id=volunteer.id)


def overlapping(holds: Iterable[Hold], others: Iterable[Hold]) -> list[Hold]:
    """Return those of the holds that overlap one of the others."""
    others = tuple(others)
    return [hold for hold in holds if not is_free(others, hold.starts, hold.ends)]


def needs_of(holds: Iterable[Hold]) -> list[str]:
    """Return the needs that the holds are kept for, each once."""
    return list(dict.fromkeys(need_of(hold.dispatch_id) or "" for hold in holds))


def find_double_promises(slots: Iterable[Slot]) -> dict[str, str]:
    """Return the dispatches to release, each with the one that stays and overlaps it (L4).

    A service that took place stays. Of two promises the one for the later need is released, as the ids of needs show
    it: a dispatch does not keep the time at which it was made.
    """
    stays: list[Hold] = []
    released: dict[str, str] = {}
    for hold, served in sorted(slots, key=_place):
        against = [] if served else overlapping(stays, [hold])
        if against:
            released[hold.dispatch_id] = against[0].dispatch_id
        else:
            stays.append(hold)
    return released


def _place(slot: Slot) -> tuple[bool, str, int]:
    need, _, nth = slot.hold.dispatch_id.rpartition(".")
    return not slot.served, need, int(nth)


def plan_changes(merged: Volunteer, into: Volunteer, staffing: FindStaffing) -> tuple[MergedDispatch, ...]:
    """Return the changes of the open dispatches of both, each dispatch once.

    A promise is taken over, so that no need loses a volunteer, except where it overlaps another promise. An offer is
    taken over where the survivor has the skills and languages for it and was not asked for that need. Raises
    Refused("wrong_state") where more than MOST_CHANGED would change at once.
    """
    slots = [Slot(hold, not _is_open(hold, staffing)) for hold in merged.bookings]
    slots += [Slot(hold, not _is_open(hold, staffing)) for hold in overlapping(into.bookings, merged.bookings)]
    double = find_double_promises(slots)
    changes = [MergedDispatch(dispatch_id=one, outcome="released", overlaps=other) for one, other in double.items()]
    taken = [s.hold for s in slots if not s.served and s.hold.dispatch_id not in double and s.hold in merged.bookings]
    changes += [MergedDispatch(dispatch_id=hold.dispatch_id, outcome="taken_over") for hold in taken]
    booked_needs = set(needs_of(taken))
    # An offer for a need that the same person has promised to serve.
    own = [hold for hold in into.offers if (need_of(hold.dispatch_id) or "") in booked_needs]
    changes += [MergedDispatch(dispatch_id=hold.dispatch_id, outcome="withdrawn") for hold in own]
    room = MAX_BOOKINGS - len(into.offers)
    for nth, hold in enumerate(merged.offers):
        fits = nth < room and _may_be_asked(into, staffing(need_of(hold.dispatch_id) or ""))
        changes.append(MergedDispatch(dispatch_id=hold.dispatch_id, outcome="taken_over" if fits else "withdrawn"))
    if len(changes) > MOST_CHANGED:
        raise Refused(
            "wrong_state", "merge_changes_too_much", field="volunteer_id", count=len(changes), most=MOST_CHANGED
        )
    return tuple(changes)


def _is_open(hold: Hold, staffing: FindStaffing) -> bool:
    known = staffing(need_of(hold.dispatch_id) or "")
    dispatch = None if known is None else known.dispatch(hold.dispatch_id)
    return dispatch is not None and dispatch.state in OPEN


def _may_be_asked(volunteer: Volunteer, staffing: Staffing | None) -> bool:
    if staffing is None or any(dispatch.volunteer_id == volunteer.id for dispatch in staffing.dispatches):
        return False
    # Whether searches find the survivor is no matter: an open offer is the volunteer's own to keep or to decline.
    return set(staffing.tags) <= set(show(volunteer.tags))


def merged_away(merged: Volunteer, now: datetime) -> Volunteer:
    """Return the merged id without tags and slots: searches find volunteers by a tag, and so never this one.

    The minutes of the slots that are over are counted by day: the survivor drops these slots in time.
    """
    over = spent_by(find_over(merged.bookings, int(now.timestamp())))
    update = {"tags": (), "bookings": (), "offers": (), "spent": add_spent(merged.spent, over)}
    return merged.model_copy(update=update)


def taken_over(into: Volunteer, merged: Volunteer, now: datetime) -> Volunteer:
    """Return the survivor with the slots of the merged id and its record of service.

    Of past slots the minutes alone are counted. Raises Refused("wrong_state") where both have more promises together
    than one may have.
    """
    both = (*into.bookings, *merged.bookings)
    past = find_over(both, last_past(now))
    together = tuple(hold for hold in both if hold not in past)
    if len(together) > MAX_BOOKINGS:
        raise Refused("wrong_state", "too_many_promises", field="volunteer_id", count=len(together), most=MAX_BOOKINGS)
    month = max(into.month, merged.month)
    month, taken = count_taken(
        month, sum(v.taken for v in (into, merged) if v.month == month), (hold.starts for hold in past)
    )
    return into.model_copy(
        update={
            "bookings": together,
            "places": places_in((*into.places, *merged.places), {hold.dispatch_id for hold in together}),
            "offers": (*into.offers, *merged.offers),
            "kept": into.kept + merged.kept,
            "missed": into.missed + merged.missed,
            "spent": add_spent(add_spent(into.spent, merged.spent), spent_by(past)),
            "asked": add_asks(into.asked, merged.asked),
            "month": month,
            "taken": taken,
            "stands_for": (*into.stands_for, merged.id, *merged.stands_for),
        }
    )


def given_back(survivor: Volunteer, merged: Volunteer, merge: VolunteerMerge, holds: set[str]) -> list[Volunteer]:
    """Return both after the undoing: the survivor, then the merged id with its tags and those of its slots.

    The record of service that the merged id had before is no longer the survivor's.
    """
    bookings = tuple(hold for hold in survivor.bookings if hold.dispatch_id in holds)
    spent, own_spent = part_spent(survivor, merged, find_over(bookings, int(merge.merged_at.timestamp())))
    offers = tuple(hold for hold in survivor.offers if hold.dispatch_id in holds)
    taken = merged.taken if merged.month == survivor.month else 0
    return [
        survivor.model_copy(
            update={
                "bookings": tuple(hold for hold in survivor.bookings if hold.dispatch_id not in holds),
                "offers": tuple(hold for hold in survivor.offers if hold.dispatch_id not in holds),
                "kept": max(0, survivor.kept - merged.kept),
                "missed": max(0, survivor.missed - merged.missed),
                "spent": spent,
                "taken": max(0, survivor.taken - taken),
                "stands_for": tuple(one for one in survivor.stands_for if one not in (merged.id, *merged.stands_for)),
            }
        ),
        merged.model_copy(update={"tags": merge.tags, "bookings": bookings, "offers": offers, "spent": own_spent}),
    ]


def find_returns(
    merge: VolunteerMerge, own: Collection[str], survivor: Volunteer, staffing: FindStaffing
) -> tuple[set[str], set[str]]:
    """Return the dispatches whose slots go back, and those among them that are still open, so that they change hands.

    `own` are the merged id and those that it had brought along. A dispatch that was served since stays with the id that
    served it.
    """
    holds, open_ones = set[str](), set[str]()
    moved = set(merge.moved)
    for hold in (*survivor.bookings, *survivor.offers):
        known = staffing(need_of(hold.dispatch_id) or "") if hold.dispatch_id in moved else None
        dispatch = None if known is None else known.dispatch(hold.dispatch_id)
        if dispatch is None:
            continue
        if dispatch.volunteer_id in own:
            holds.add(hold.dispatch_id)  # served before the merge
        elif dispatch.volunteer_id == survivor.id and dispatch.state in OPEN:
            holds.add(hold.dispatch_id)
            open_ones.add(hold.dispatch_id)
    return holds, open_ones
