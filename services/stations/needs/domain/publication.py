"""Publication: the draft is assessed, and charity and volunteering are asked."""

from datetime import datetime

from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.refusals import Refused


def published(need: Need, now: datetime) -> Need:
    """Return the need assessed and published.

    Raises Refused("wrong_state") where it is no draft any more or its due time has passed.
    """
    require_state(need, ("draft",), "publish")
    if need.due <= now:
        raise Refused("wrong_state", "due_passed", field="due")
    return with_facts(need, now, timeline=(*need.timeline, ("assessed", now)), published_at=now)


def is_first_publication(need: Need, before: Need | None) -> bool:
    """Return whether the step from `before` (None: the need is new) published the need; a reopening did not."""
    return need.state == "published" and (before is None or before.published_at is None)
