"""Confirmation: the station states that the service took place; where the city asks for it, by another actor.

Mutual checks in the division of duties: Internal Control of Administrative Institutions (财会〔2012〕21号), art. 5 (3).
"""

from datetime import datetime

from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.access import Reference
from shared.contracts.refusals import Refused
from shared.contracts.stations.needs import NeedState


def confirmed(need: Need, now: datetime) -> Need:
    """Return the need confirmed. Raises Refused("wrong_state") where it is not served yet or has ended."""
    # Without volunteers nobody checks out: such a need is never served, and is confirmed once it is ready.
    allowed: tuple[NeedState, ...] = ("served",) if need.volunteers else ("served", "ready")
    require_state(need, allowed, "confirm")
    return with_facts(need, now, confirmed_at=now)


def require_another(need: Need, actor: Reference) -> None:
    """Refuse the confirmation by the actor who published the need: Refused("not_allowed", rule "own_act")."""
    if need.published_by == actor:
        raise Refused("not_allowed", "own_act", field="need_id")
