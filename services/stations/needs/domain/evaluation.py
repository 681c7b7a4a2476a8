"""Evaluation: the service is rated."""

from datetime import datetime

from services.stations.needs.domain.need import Need, require_state, with_facts


def evaluated(need: Need, now: datetime, rating: int) -> Need:
    """Return the need with its rating, 1 to 5. Raises Refused("wrong_state") where it is not confirmed."""
    require_state(need, ("confirmed",), "evaluate")
    return with_facts(need, now, evaluated_at=now, rating=rating)
