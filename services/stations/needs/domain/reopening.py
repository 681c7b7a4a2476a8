"""Reopening: the station opens a need again that was unmet or cancelled, with its reason and a new due time."""

from datetime import datetime, timedelta

from services.stations.needs.domain.intake import check_slot, to_stored
from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.need_parts import VolunteerRequest
from shared.contracts.refusals import Refused
from shared.contracts.stations.reopening import ReopeningReason, Slot


def reopened(
    need: Need,
    now: datetime,
    because: ReopeningReason,
    due: datetime,
    slot: Slot | None,
    *,
    within: timedelta,
    most: timedelta,
) -> Need:
    """Return the need published again until `due`, its volunteers asked for `slot` where that is given.

    Its waiting counts from its registration on. Raises Refused("wrong_state") where it has not ended without service,
    was never published, ended longer than `within` ago, where somebody has begun to serve (those hours count, and
    another need asks for the rest), or where a screening has opened another need for the same resident since. Raises
    Refused("invalid") for a due time that is not later than now, or more than `most` later than both now and the former
    one, and for a slot that is over, ends after the due time, is too long, or of a need without volunteers.
    """
    require_state(need, ("unmet", "cancelled"), "reopen")
    _require_reopenable(need, now, within)
    if due <= now:
        raise Refused("invalid", "due_not_later", field="due", due=now.isoformat())
    # One that was cancelled by mistake may keep its own due time, however far off.
    if due - max(need.due, now) > most:
        raise Refused("invalid", "extension_too_long", field="due", days=most.days)
    asked = _with_slot(need.volunteers, slot)
    if asked is not None:
        check_slot(asked, due, now, "slot")
    return with_facts(
        need,
        now,
        due=due,
        volunteers=asked,
        reopened_for=because,
        cancelled_at=None,
        cancelled_for=None,
        merged_into=None,
        unmet_at=None,
    )


def _require_reopenable(need: Need, now: datetime, within: timedelta) -> None:
    ended = need.cancelled_at or need.unmet_at
    if need.published_at is None:
        raise Refused("wrong_state", "need_never_published", field="need_id")
    if need.followed_by is not None:
        raise Refused("wrong_state", "need_followed", field="need_id", need=need.followed_by)
    if ended is None or now - ended > within:
        raise Refused("wrong_state", "ended_too_long_ago", field="need_id", days=within.days)
    if need.checked_in or need.checked_out:
        raise Refused("wrong_state", "served_in_part", field="need_id")


def _with_slot(asked: VolunteerRequest | None, slot: Slot | None) -> VolunteerRequest | None:
    if slot is None:
        return asked
    if asked is None:
        raise Refused("invalid", "no_volunteers_asked", field="slot")
    times = {"starts_at": to_stored(slot.starts_at), "ends_at": to_stored(slot.ends_at)}
    return asked.model_copy(update=times)
