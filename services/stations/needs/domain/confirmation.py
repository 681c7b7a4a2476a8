"""Confirmation: the station states that the service took place."""

from datetime import datetime

from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.stations.needs import NeedState


def confirmed(need: Need, now: datetime) -> Need:
    """Return the need confirmed. Raises Refused("wrong_state") where it is not served yet or has ended."""
    # Without volunteers nobody checks out: such a need is never served, and is confirmed once it is ready.
    allowed: tuple[NeedState, ...] = ("served",) if need.volunteers else ("served", "ready")
    require_state(need, allowed, "confirm")
    return with_facts(need, now, confirmed_at=now)
