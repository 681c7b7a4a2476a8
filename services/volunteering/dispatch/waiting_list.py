"""The waiting list (等候名单) of a city: staffings that lack people, woken by volunteers who become free."""

from collections.abc import Iterable, Sequence
from itertools import islice, zip_longest
from typing import Final

from services.volunteering.dispatch.domain.freed import FreedVolunteer
from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.storage import WaitingForVolunteer
from services.volunteering.dispatch.timers import recheck_soon
from services.volunteering.matching.domain.volunteers import Volunteer, kept_for_waiting
from shared.engine import Load, UnitOfWork

MOST_WOKEN: Final = 200
"""The most needs that one decision wakes: each of the people whom it frees has the first ones in turn."""


def waiting_loads(freed: Iterable[FreedVolunteer]) -> list[Load]:
    """Return the loads of the waiting staffings that these volunteers suit: for `wake_waiting` in the turn."""
    return [WaitingForVolunteer(volunteer) for volunteer in freed]


def wake_waiting(work: UnitOfWork, freed: Iterable[FreedVolunteer], *, but: str = "") -> None:
    """Recheck the waiting staffings that the `freed` volunteers suit, in the order in which they are served.

    `but` is the need that has just freed them: it searches for itself in its own decision. Raises NotLoadedError
    without the `waiting_loads` of the same volunteers.
    """
    # Two replicas may free someone and put a need on the waiting list at once without seeing each other: the waiting
    # need's own recheck (`recheck_seconds`) cures that.
    lists = []
    for one in freed:
        lists.append(waiting := work.find(WaitingForVolunteer(one)))
        volunteer = work.get(Volunteer, one.id) if one.id and waiting else None
        if volunteer is not None:
            # In any order of messages, a need published meanwhile leaves this volunteer to the needs that wait.
            work.put(kept_for_waiting(volunteer, work.now))
    woken = (staffing_id for staffing_id in _merge(lists) if staffing_id != but)
    # One millisecond apart, so that the timers fire in this order.
    for nth, staffing_id in enumerate(islice(woken, MOST_WOKEN)):
        recheck_soon(work, staffing_id, nth)


def _merge(lists: Sequence[Sequence[Staffing]]) -> list[str]:
    """Return the ids in turn from each list, each id once."""
    turns = (staffing for turn in zip_longest(*lists) for staffing in turn if staffing is not None)
    return list(dict.fromkeys(staffing.id for staffing in turns))
