"""The states of a dispatch (派单), and the refusals of an action in the wrong one."""

from typing import Final

from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import DispatchState

HELD: Final = frozenset({"accepted", "checked_in", "checked_out", "credited"})
"""States in which a dispatch counts towards the headcount."""
OPEN: Final = frozenset({"offered", "accepted"})
"""States in which a dispatch is closed by the end of its need, or by another slot."""
BEGUN: Final = HELD - OPEN
"""States of a dispatch whose volunteer has come."""
HELD_OR_ASKED: Final = HELD | OPEN
"""States in which the volunteer has a part in the need, or may still take one."""
ASKED_AGAIN: Final = frozenset({"expired", "cancelled"})
"""States in which a need that is open may ask the volunteer again: no answer came, or others were quicker."""


def require_state(state: DispatchState, required: DispatchState, action: str) -> None:
    """Raise Refused("wrong_state") unless the dispatch is in the required state.

    `action` is a code: accept, check_in or check_out.
    """
    if state != required:
        raise Refused(
            "wrong_state", "dispatch_not_in_state", field="dispatch_id", state=state, action=action, allowed=required
        )
