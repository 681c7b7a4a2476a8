"""The end of the search: the reasons of a need that lacks people and for which nobody is searched any more."""

from typing import Final

from shared.contracts.need_parts import Waiting
from shared.contracts.reasons import reason

_NEXT_FOR_STATION: Final = reason("cancel_or_later_slot")
TOO_LATE: Final = Waiting(
    for_what=reason("for_volunteers"),
    reason=reason("slot_over_or_begun"),
    next_step=_NEXT_FOR_STATION,
)
"""The reason of a need that is published too late to be staffed."""
IN_VAIN: Final = Waiting(
    for_what=reason("for_volunteers"),
    reason=reason("slot_over_or_asked_in_vain"),
    next_step=_NEXT_FOR_STATION,
)
"""The reason of a need whose search has ended."""


def explain_end(waiting: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """Return the reason of a need that lacks people once the search is over, given its reason so far."""
    return waiting if waiting == (TOO_LATE,) else (IN_VAIN,)
