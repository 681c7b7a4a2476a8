"""Cancellation: the station ends a need before it is served."""

from datetime import datetime
from typing import Final

from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.stations.need_reasons import CancelReason
from shared.contracts.stations.needs import NeedState

CANCELLABLE: Final[tuple[NeedState, ...]] = ("draft", "assessed", "published", "ready", "in_service")


def cancelled(need: Need, now: datetime, because: CancelReason) -> Need:
    """Return the need cancelled for that reason. Raises Refused("wrong_state") where it is served or has ended."""
    require_state(need, CANCELLABLE, "cancel")
    return with_facts(need, now, cancelled_at=now, cancelled_for=because)
