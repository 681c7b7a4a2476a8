"""One decision about a staffing: the dispatches it changes and adds, and the state that follows from them."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from pydantic_core import to_json

from services.volunteering.dispatch.domain.dispatch_states import HELD
from services.volunteering.dispatch.domain.due_changes import due_changes
from services.volunteering.dispatch.domain.recheck import AT_ONCE, next_recheck
from services.volunteering.dispatch.domain.request_changes import with_headcount, with_next_slot
from services.volunteering.dispatch.domain.search_end import explain_end
from services.volunteering.dispatch.domain.staffing import (
    Dispatch,
    Staffing,
    make_dispatch_id,
)
from services.volunteering.dispatch.policy import DispatchPolicy
from shared.contracts.areas import city_of
from shared.contracts.need_parts import Tried, Waiting
from shared.contracts.reasons import Reason
from shared.contracts.volunteering.dispatch import DispatchState, Ring, StaffingState

MAX_CHANGES: Final = 100
"""Dispatches that one decision changes at most."""
STEP_BYTES: Final = 48 * 1024
"""Bytes that the changed dispatches of one decision take in its event. Its envelope, the rings tried and the reasons
for waiting have the other 16 KiB of the 64 that an event may have.
"""
LARGEST_CHANGE: Final = 810
"""Bytes of a changed dispatch in an event, with the longest ids and reason that volunteering makes."""


_FIXED_BYTES: Final = 540
"""Bytes of a dispatch in an event without its ids and its reason: the names of its fields, instants and numbers."""


class StaffingDecision:
    """A decision in the making: `before` is the staffing as it was, `close` gives it as it is afterwards.

    `changed` holds the dispatches changed so far by id, `added` counts the new ones among them. All its changes share
    one budget, `room`. `unfinished` is set where the budget ended the decision: the rest follows at once. `asks_from`
    is the end of the quiet hours where nobody may be asked before, `again_at` an earlier instant for the next search.
    `asked_otherwise` is set where the need's request has changed, which is announced in any case.
    """

    def __init__(self, staffing: Staffing, now: datetime, policy: DispatchPolicy) -> None:
        self.before = staffing
        self.now = now
        self.policy = policy
        self.changed: dict[str, Dispatch] = {}
        self.added = 0
        self.unfinished = False
        self.asked_otherwise = False
        self.asks_from: datetime | None = None
        self.again_at: datetime | None = None
        self._bytes = 0
        self._unmeasured: list[Dispatch] = []
        self._dispatches = {dispatch.id: dispatch for dispatch in staffing.dispatches}
        # Only fields that are touched: an update then writes no others, and a decision without any is recognised.
        self._fields: dict[str, object] = {}

    @property
    def dispatches(self) -> Collection[Dispatch]:
        """The dispatches as they stand now."""
        return self._dispatches.values()

    def count(self, *states: str) -> int:
        """Return the number of dispatches in one of the states."""
        return sum(dispatch.state in states for dispatch in self._dispatches.values())

    @property
    def room(self) -> int:
        """The number of dispatches that may still be changed: as many as fit, however long their reasons are."""
        # Measured when it is asked for: most decisions ask before they change anything.
        self._bytes += sum(map(bytes_of, self._unmeasured))
        self._unmeasured.clear()
        left = (STEP_BYTES - self._bytes) // LARGEST_CHANGE
        return max(0, min(left, MAX_CHANGES - len(self.changed)))

    @property
    def wave(self) -> int:
        """The number of the wave that its offers belong to; a wave that goes out in parts keeps its number."""
        return self.before.wave if self.before.wave_open else self.before.wave + 1

    @property
    def missing(self) -> int:
        """The number of people still to be found; 0 while more are held than the need now asks for."""
        lower = self.before.lower_to
        return (self.before.headcount if lower is None else lower) - self.count(*HELD)

    def change(self, dispatch: Dispatch, **fields: object) -> Dispatch:
        """Change fields of a dispatch and raise its version; return it as it stands then."""
        return self._keep(dispatch.model_copy(update={**fields, "version": dispatch.version + 1}))

    def count_late(self, dispatch: Dispatch, late: bool) -> None:
        """Keep whether the withdrawal of this dispatch counted against reliability, so that it can be taken back."""
        others = tuple(one for one in self.before.late if one != dispatch.id)
        after = (*others, dispatch.id) if late else others
        if after != self.before.late:
            self._fields["late"] = after

    def record_actor(self, dispatch: Dispatch, reference: str) -> None:
        """Keep who checked the volunteer in or out, so that a second person states the time."""
        entry = (dispatch.id, reference)
        if entry not in self.before.recorded_by:
            self._fields["recorded_by"] = (*self.before.recorded_by, entry)

    def count_short(self, dispatch: Dispatch, minutes: int) -> None:
        """Keep the shortfall of a service after an adjustment, 0 or more."""
        others = tuple(one for one in self.before.short if one[0] != dispatch.id)
        self._fields["short"] = (*others, (dispatch.id, minutes)) if minutes else others

    def _keep(self, dispatch: Dispatch) -> Dispatch:
        if dispatch.id not in self.changed:
            self._unmeasured.append(dispatch)
        self._dispatches[dispatch.id] = self.changed[dispatch.id] = dispatch
        return dispatch

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
            wave=self.wave,
            standing=expires_at is None,
            made_at=self.now,
            expires_at=expires_at,
            checked_in_at=None,
            checked_out_at=None,
            minutes=0,
            why=why,
        )
        self.added += 1
        return self._keep(dispatch)

    def stop_wave(self) -> None:
        """Stop where the budget is used up: the wave goes on in the next decision, at once."""
        self.unfinished = True
        self._fields["wave_open"] = True

    def record_search(self, tried: tuple[Tried, ...], *, short: bool) -> None:
        """Keep the rings tried; a search that is `short` of people counts towards longer intervals.

        In the quiet hours the count stays: nobody was asked.
        """
        if self.asks_from is None:
            self._fields["searches"] = self.before.searches + 1 if short else 0
        if self.before.wave_open and not self.unfinished:
            self._fields["wave_open"] = False
        self._fields["tried"] = tried

    def record_waiting(self, reason: Waiting) -> None:
        """Keep the reason why people are still missing, and the next step."""
        self._fields["waiting"] = (reason,)

    def close(self) -> Staffing:
        """Return the staffing after the decision, with its derived state and its next recheck."""
        fields = self._fields
        if self.changed:
            fields["dispatches"] = tuple(self._dispatches.values())
        if self.added:
            fields["wave"] = self.wave
        after = with_next_slot(self.before.model_copy(update=fields))
        if after.lower_to is not None:
            after = with_headcount(after, after.lower_to)
        if after.wave_open and (after.missing <= 0 or not after.can_search(self.now)):
            # The rest of the wave never goes out: else the staffing would be rechecked at once for ever.
            after = after.model_copy(update={"wave_open": False})
        # Also where an earlier decision stopped and this one came between it and the rest.
        moved = self.before.next_slot is not None and after.next_slot is None
        self.unfinished = self.unfinished or moved or after.wave_open or bool(due_changes(after, self.now, 1))
        state = state_of(after, self.now)
        if state == "waiting" and self.unfinished:
            state = "searching"  # it has not been looked for everybody yet
        short = after.held + after.offered < after.headcount and not after.ended
        searching = short and after.can_search(self.now)
        closed = after.model_copy(
            update={
                "state": state,
                "waiting_in": city_of(after.area) if searching else None,
                "waiting": () if not short else after.waiting if searching else explain_end(after.waiting),
            }
        )
        if self.unfinished:
            return closed.model_copy(update={"watch_at": self.now + AT_ONCE})
        at = next_recheck(closed, self.now, self.policy, self.asks_from or self.again_at)
        return closed.model_copy(update={"watch_at": at})


def bytes_of(dispatch: Dispatch) -> int:
    """Return the bytes that a changed dispatch takes in an event, or somewhat more."""
    return _FIXED_BYTES + len(dispatch.id) + len(dispatch.volunteer_id) + len(to_json(dispatch.why))


def state_of(staffing: Staffing, now: datetime) -> StaffingState:
    """Return the state that follows from the dispatches, the need's end and the time."""
    states = [dispatch.state for dispatch in staffing.dispatches]
    if staffing.ended:
        if staffing.ended != "confirmed":
            return "released"
        # Those who fit into no one decision are credited in several.
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
