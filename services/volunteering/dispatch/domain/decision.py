"""One decision about a staffing: the dispatches it changes and adds, and the state that follows from them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from services.volunteering.dispatch.domain.dispatch_states import HELD
from services.volunteering.dispatch.domain.recheck import AT_ONCE, next_recheck
from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing, make_dispatch_id
from services.volunteering.dispatch.policy import DispatchPolicy
from shared.contracts.areas import city_of
from shared.contracts.need_parts import Tried, Waiting
from shared.contracts.reasons import Reason
from shared.contracts.volunteering.dispatch import DispatchState, Ring, StaffingState

MAX_CHANGES: Final = 100
"""Dispatches that one decision changes at most, so that its event stays below 64 KiB; the rest follows at once."""


class StaffingDecision:
    """A decision in the making: `before` is the staffing as it was, `close` gives it as it is afterwards.

    `changed` holds the dispatches changed so far by id, `added` counts the new ones among them. `unfinished` is set
    where it had to stop at MAX_CHANGES: the rest follows at once.
    """

    def __init__(self, staffing: Staffing, now: datetime, policy: DispatchPolicy) -> None:
        self.before = staffing
        self.now = now
        self.policy = policy
        self.changed: dict[str, Dispatch] = {}
        self.added = 0
        self.unfinished = False
        self._dispatches = {dispatch.id: dispatch for dispatch in staffing.dispatches}
        # Only fields that are touched: an update then writes no others, and a decision without any is recognised.
        self._fields: dict[str, object] = {}

    @property
    def dispatches(self) -> Iterable[Dispatch]:
        """The dispatches as they stand now."""
        return self._dispatches.values()

    def count(self, *states: str) -> int:
        """Return the number of dispatches in one of the states."""
        return sum(dispatch.state in states for dispatch in self._dispatches.values())

    @property
    def missing(self) -> int:
        """The number of people still to be found."""
        return self.before.headcount - self.count(*HELD)

    def change(self, dispatch: Dispatch, **fields: object) -> Dispatch:
        """Change fields of a dispatch and raise its version; return it as it stands then."""
        after = dispatch.model_copy(update={**fields, "version": dispatch.version + 1})
        self._dispatches[dispatch.id] = self.changed[dispatch.id] = after
        return after

    def add(
        self, volunteer_id: str, state: DispatchState, ring: Ring, why: Reason, expires_at: datetime | None
    ) -> Dispatch:
        """Add a dispatch: an offer where it expires, otherwise accepted by standing acceptance."""
        dispatch = Dispatch(
            id=make_dispatch_id(self.before.id, len(self._dispatches) + 1),
            version=1,
            volunteer_id=volunteer_id,
            state=state,
            ring=ring,
            wave=self.before.wave + 1,
            standing=expires_at is None,
            expires_at=expires_at,
            checked_in_at=None,
            checked_out_at=None,
            minutes=0,
            why=why,
        )
        self.added += 1
        self._dispatches[dispatch.id] = self.changed[dispatch.id] = dispatch
        return dispatch

    def record_search(self, tried: tuple[Tried, ...], *, short: bool) -> None:
        """Keep the rings tried; a search that is `short` of people counts towards longer intervals."""
        self._fields["searches"] = self.before.searches + 1 if short else 0
        self._fields["tried"] = tried

    def record_waiting(self, reason: Waiting) -> None:
        """Keep the reason why people are still missing, and the next step."""
        self._fields["waiting"] = (reason,)

    def close(self) -> Staffing:
        """Return the staffing after all of it, its state derived and its next recheck set."""
        fields = self._fields
        if self.changed:
            fields["dispatches"] = tuple(self._dispatches.values())
        if self.added:
            fields["wave"] = self.before.wave + 1
        after = self.before.model_copy(update=fields)
        state = state_of(after, self.now)
        if state == "waiting" and self.unfinished:
            state = "searching"  # it has not been looked for everybody yet
        short = after.held + after.offered < after.headcount and not after.ended
        searching = short and after.can_search(self.now)
        closed = after.model_copy(
            update={
                "state": state,
                "waiting_in": city_of(after.area) if searching else None,
                "waiting": after.waiting if short else (),
            }
        )
        at = self.now + AT_ONCE if self.unfinished else next_recheck(closed, self.now, self.policy.recheck_interval)
        return closed.model_copy(update={"watch_at": at})


def state_of(staffing: Staffing, now: datetime) -> StaffingState:
    """Return the state that follows from the dispatches, the need's end and the time."""
    states = [dispatch.state for dispatch in staffing.dispatches]
    if staffing.ended:
        if staffing.ended != "confirmed":
            return "released"
        # More than MAX_CHANGES are credited in several decisions.
        return "served" if "checked_out" in states else "credited"
    held = sum(state in HELD for state in states)
    out = sum(state in ("checked_out", "credited") for state in states)
    if held and out == held and (held >= staffing.headcount or now >= staffing.ends_at):
        return "served"
    if out or "checked_in" in states:
        return "serving"
    if held >= staffing.headcount:
        return "staffed"
    return "offered" if "offered" in states else "waiting"
