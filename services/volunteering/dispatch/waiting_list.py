"""The waiting list (等候名单) of a city: staffings that lack people, woken by volunteers who become free."""

from collections.abc import Iterable

from services.volunteering.dispatch.storage import WaitingStaffings
from services.volunteering.dispatch.timers import recheck_soon
from services.volunteering.matching.domain.volunteers import Volunteer
from shared.contracts.areas import city_of
from shared.engine import UnitOfWork


def waiting_list(area: str) -> WaitingStaffings:
    """Return the query of the list of the area's city: load it to call `wake_waiting` in the turn."""
    return WaitingStaffings(city_of(area))


def wake_waiting(work: UnitOfWork, area: str, freed: Iterable[str], *, but: str = "") -> None:
    """Have the waiting staffings rechecked that one of the `freed` volunteers suits, highest score first.

    `but` is the need that has just freed them: it searches for itself in its own decision.
    """
    # Two replicas may free someone and put a need on the waiting list at once without seeing each other: the waiting
    # need's own recheck (`recheck_seconds`) cures that.
    free = [set(v.tags) for i in freed if (v := work.get(Volunteer, i)) is not None]
    waiting = [s for s in work.find(waiting_list(area)) if s.id != but]
    suited = [s for s in waiting if any(tags.issuperset(s.tags) for tags in free)]
    # One millisecond apart, so that the timers fire in the order of the list.
    for nth, staffing in enumerate(suited):
        recheck_soon(work, staffing.id, nth)
