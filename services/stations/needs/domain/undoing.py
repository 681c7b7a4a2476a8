"""Undoing: a confirmation that was wrong is taken back, with its reason, and can be stated again."""

from datetime import datetime, timedelta

from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.refusals import Refused
from shared.contracts.stations.need_reasons import UndoReason


def undone(need: Need, now: datetime, because: UndoReason, within: timedelta) -> Need:
    """Return the need in its state before the confirmation: served, ready, or published with its committed supply.

    A rating goes with the confirmation. Raises Refused("wrong_state") where it is not confirmed, and where the
    confirmation is older than `within`.
    """
    require_state(need, ("confirmed", "partly_served", "evaluated"), "undo")
    if need.confirmed_at is None or now - need.confirmed_at > within:
        raise Refused("wrong_state", "confirmed_too_long_ago", field="need_id", days=within.days)
    return with_facts(
        need,
        now,
        confirmed_at=None,
        confirmed_by=None,
        delivered=None,
        evaluated_at=None,
        rating=None,
        undone_for=because,
    )


def restate_until(need: Need, now: datetime, time: timedelta) -> datetime:
    """Return the instant until which the delivery can be stated again before a need that lacks something is unmet."""
    return max(need.due, now + time)
