"""Extension: the station gives a need that is under way more time, before or after its deadline."""

from datetime import datetime, timedelta
from typing import Final

from services.stations.needs.domain.need import Need, require_state
from shared.contracts.refusals import Refused
from shared.contracts.stations.need_reasons import ExtensionReason
from shared.contracts.stations.needs import NeedState

EXTENDABLE: Final[tuple[NeedState, ...]] = ("draft", "published", "ready", "in_service")


def extended(need: Need, now: datetime, due: datetime, because: ExtensionReason, most: timedelta) -> Need:
    """Return the need due at the later instant. It is to be announced, and is overdue no longer.

    The volunteers' slot stays. Raises Refused: "wrong_state" where the need is served or has ended; "invalid" for an
    instant that is not later than the due time and than now, or more than `most` later than both.
    """
    require_state(need, EXTENDABLE, "extend")
    earliest = max(need.due, now)
    if due <= earliest:
        raise Refused("invalid", "due_not_later", field="due", due=earliest.isoformat())
    if due - earliest > most:
        raise Refused("invalid", "extension_too_long", field="due", days=most.days)
    return need.model_copy(update={"due": due, "extended_for": because, "overdue": None, "announced": need.version + 1})
