"""The states of a dispatch (派单), and the refusals of an action in the wrong one."""

from typing import Final

from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import DispatchState

HELD: Final = frozenset({"accepted", "checked_in", "checked_out", "credited"})
"""States in which a dispatch counts towards the headcount."""
OPEN: Final = frozenset({"offered", "accepted", "checked_in"})
"""States that an ending need has to close."""


def require_state(state: DispatchState, required: DispatchState, action: str) -> None:
    """Raise Refused("wrong_state") unless the dispatch is in the required state; `action` reads like "checked in"."""
    if state != required:
        raise wrong_state(
            f"A dispatch in state {state} cannot be {action}; only in state {required}.", f"state {required}"
        )


def wrong_state(detail: str, rule: str) -> Refused:
    """Return the refusal of an action that the dispatch's state or the time does not allow."""
    return Refused("wrong_state", detail, field="dispatch_id", rule=rule)
