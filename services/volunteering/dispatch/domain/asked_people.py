"""The people whom a need has asked, and those of them whom it may ask again.

Those who were booked for a former slot come first, then those whose offer was taken back because others were quicker.
Those who did not answer are asked again once
nobody else is left. Those who declined, withdrew, or have a part in the need are not asked.
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing

MOST_AT_ONCE: Final = 64
"""People of either kind whom one search considers, hardly fewer than one decision can ask."""


class AskedPeople(NamedTuple):
    """The ids of volunteers: `passed_over` in the order in which they were asked, `silent` the least asked first.

    `booked_before` were booked for a former slot and not asked for this one yet, in the order in which they were asked.
    """

    passed_over: tuple[str, ...]
    silent: tuple[str, ...]
    booked_before: tuple[str, ...] = ()

    @property
    def first(self) -> tuple[str, ...]:
        """Those who are asked before anybody else."""
        return (*self.booked_before, *self.passed_over)


NOBODY: Final = AskedPeople((), ())


def find_askable(staffing: Staffing, dispatches: Collection[Dispatch], most_asks: int) -> AskedPeople:
    """Return the people of the staffing's `dispatches` who may be asked again, at most MOST_AT_ONCE of each kind.

    Nobody silent is asked more often than `most_asks`. Each search in vain takes the next ones, so that busy people at
    the front do not hide the others.
    """
    if not dispatches:
        return NOBODY
    last: dict[str, Dispatch] = {}
    lapses: dict[str, int] = {}
    for dispatch in staffing.since_opened(dispatches):
        last[dispatch.volunteer_id] = dispatch
        lapses[dispatch.volunteer_id] = lapses.get(dispatch.volunteer_id, 0) + (dispatch.state == "expired")
    passed_over = [who for who, dispatch in last.items() if dispatch.state == "cancelled"]
    silent = [who for who, dispatch in last.items() if dispatch.state == "expired" and lapses[who] < most_asks]
    silent.sort(key=lapses.__getitem__)
    before = _find_booked_before(staffing) if staffing.slot_since else []
    return AskedPeople(*(_page(ids, staffing.searches) for ids in (passed_over, silent, before)))


def _find_booked_before(staffing: Staffing) -> list[str]:
    last = {dispatch.volunteer_id: dispatch for dispatch in staffing.dispatches}
    return [who for who, dispatch in last.items() if dispatch.comes_first]


def _page(ids: Sequence[str], searches: int) -> tuple[str, ...]:
    begin = searches * MOST_AT_ONCE % len(ids) if len(ids) > MOST_AT_ONCE else 0
    return tuple(ids[begin : begin + MOST_AT_ONCE])
