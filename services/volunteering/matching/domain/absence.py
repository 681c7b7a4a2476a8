"""Absence (暂停与退出): a volunteer who pauses or has left, and a registration that is not, or never, admitted.

An absent volunteer has no tags, so that no search finds them, not even that of release 0.2.
"""

from datetime import datetime
from typing import Literal

from services.volunteering.matching.domain.volunteers import Volunteer, is_forgotten, show, withhold
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.people import VolunteerState


def volunteer_state(volunteer: Volunteer) -> VolunteerState:
    """Return whether the volunteer is active, away, or not admitted."""
    return volunteer.away or "active"


def with_tags(volunteer: Volunteer, tags: tuple[str, ...]) -> Volunteer:
    """Return the volunteer with these tags, which count from the end of an absence on.

    The tags of one without consent to be matched stay withheld.
    """
    name = "kept_tags" if volunteer.away else "tags"
    before: tuple[str, ...] = getattr(volunteer, name)
    return volunteer.model_copy(update={name: withhold(tags) if before != show(before) else tags})


def paused(volunteer: Volunteer, until: datetime | None, now: datetime) -> Volunteer:
    """Return the volunteer as one who pauses, `until` None without an end.

    Raises Refused("invalid") for an end that is past, Refused("wrong_state") for one who has left or is not admitted.
    """
    require_admitted(volunteer)
    if until is not None and until <= now:
        raise Refused("invalid", "pause_ends_in_past", field="until")
    if volunteer.away == "left":
        raise Refused("wrong_state", "volunteer_has_left", field="volunteer_id", id=volunteer.id)
    return _gone(volunteer, "paused", until)


def gone(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer as one who has left. Raises Refused as `require_admitted` does."""
    require_admitted(volunteer)
    return _gone(volunteer, "left", None)


def back(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer with the tags by which searches find one; an active one as before.

    Raises Refused as `require_admitted` does.
    """
    require_admitted(volunteer)
    return _found(volunteer) if volunteer.away else volunteer


def pending(volunteer: Volunteer) -> Volunteer:
    """Return the volunteer as one whose registration an officer has to check: no search finds it."""
    return _gone(volunteer, "pending", None)


def admitted(volunteer: Volunteer) -> Volunteer:
    """Return a pending volunteer as an active one; any other as before."""
    return _found(volunteer) if volunteer.away == "pending" else volunteer


def rejected(volunteer: Volunteer) -> Volunteer:
    """Return a pending volunteer as rejected, because the registration is nobody's; any other as before."""
    return _gone(volunteer, "rejected", None) if volunteer.away == "pending" else volunteer


def require_admitted(volunteer: Volunteer) -> None:
    """Raise Refused("wrong_state") for a registration that is still being checked, or was rejected."""
    if volunteer.away == "pending":
        raise Refused("wrong_state", "registration_pending", field="volunteer_id", id=volunteer.id)
    if volunteer.away == "rejected":
        raise Refused("wrong_state", "registration_rejected", field="volunteer_id", id=volunteer.id)


def _found(volunteer: Volunteer) -> Volunteer:
    return volunteer.model_copy(update={"tags": volunteer.kept_tags, "kept_tags": (), "away": "", "away_until": None})


def is_pause_over(volunteer: Volunteer, now: datetime) -> bool:
    """Return whether the volunteer pauses until an instant that has come."""
    return volunteer.away == "paused" and volunteer.away_until is not None and volunteer.away_until <= now


def is_away_at(volunteer: Volunteer, starts_at: datetime) -> bool:
    """Return whether the volunteer is away when a slot begins."""
    if volunteer.away == "paused" and volunteer.away_until is not None:
        return starts_at < volunteer.away_until
    return bool(volunteer.away)


def require_active_data(volunteer: Volunteer) -> None:
    """Raise Refused("wrong_state") where the data was erased: nothing may bring it back."""
    if is_forgotten(volunteer):
        raise Refused("wrong_state", "person_erased", field="volunteer_id", id=volunteer.id)


def _gone(
    volunteer: Volunteer, away: Literal["paused", "left", "pending", "rejected"], until: datetime | None
) -> Volunteer:
    kept = volunteer.kept_tags if volunteer.away else volunteer.tags
    return volunteer.model_copy(update={"away": away, "away_until": until, "kept_tags": kept, "tags": ()})
