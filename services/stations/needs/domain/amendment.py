"""Amendment: the station corrects a published need, upwards or downwards, before anybody has begun to serve it.

Charity and volunteering follow its event: they search for an increase, and give back the surplus of a decrease.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.stations.needs.domain.amended_lines import amend_lines
from services.stations.needs.domain.intake import check_slot, round_place, to_stored
from services.stations.needs.domain.need import Need, told_state, with_facts
from shared.contracts.areas import city_of
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.need_parts import VolunteerRequest
from shared.contracts.refusals import Refused
from shared.contracts.stations.amending import AmendedPart, NeedAmendment


class Terms(NamedTuple):
    """The area of the need's new station, and the longest extension of its due time."""

    area: str
    most: timedelta


def amended(need: Need, asked: NeedAmendment, catalogue: Catalogue, now: datetime, terms: Terms) -> Need:
    """Return the amended need, which is to be announced.

    Raises Refused: "wrong_state" where it is neither published nor ready, naming the step that helps, and, once it was
    confirmed before, for another station or a dropped line; "invalid" for an amendment that changes nothing or leaves
    nothing asked for, a station of another city, lines as `amend_lines` says, a due time that is not later than now or
    more than `terms.most` later than both now and the former one, and a slot as `check_slot` says.
    """
    _require_amendable(need)
    lines = amend_lines(need, asked, catalogue)
    due = _amend_due(need, asked, now, terms.most)
    facts = {
        **_amend_place(need, asked, terms.area),
        **lines._asdict(),
        "due": due,
        "volunteers": _amend_volunteers(need.volunteers, asked, due, now),
    }
    if not lines.lines and need.volunteers is None:
        raise Refused("invalid", "nothing_asked_for", field="dropped_lines")
    parts = _list_parts(need, need.model_copy(update=facts), asked)
    if not parts:
        raise Refused("invalid", "nothing_amended", field="need_id")
    told = {"amended": parts, "amended_for": asked.reason_code, "overdue": None, **_unanswered(parts)}
    return with_facts(need, now, **facts, **told).model_copy(update={"announced": need.version + 1})


def _require_amendable(need: Need) -> None:
    """Refuse an amendment in any other state, with the step that helps instead."""
    if need.state == "draft":
        raise Refused("wrong_state", "draft_is_edited", field="state", state=need.state)
    if need.state in ("in_service", "served"):
        raise Refused("wrong_state", "service_has_begun", field="state", state=need.state)
    if need.state in ("unmet", "cancelled"):
        raise Refused("wrong_state", "reopen_first", field="state", state=need.state)
    if need.state not in ("published", "ready"):
        raise Refused("wrong_state", "undo_confirmation_first", field="state", state=told_state(need))


def _amend_place(need: Need, asked: NeedAmendment, area: str) -> dict[str, object]:
    facts: dict[str, object] = {}
    if asked.location is not None:
        facts["place"] = round_place(asked.location)
    if asked.station_id in (None, need.station_id):
        return facts
    if need.undone_for is not None:
        # The books of its first delivery are those of the station's area.
        raise Refused("wrong_state", "confirmed_before", field="station_id")
    if city_of(area) != city_of(need.area):
        raise Refused("invalid", "station_of_another_city", field="station_id")
    return {**facts, "station_id": asked.station_id, "area": area}


def _amend_due(need: Need, asked: NeedAmendment, now: datetime, most: timedelta) -> datetime:
    due = need.due if asked.due is None else to_stored(asked.due)
    if due <= now:
        raise Refused("invalid", "due_not_later", field="due", due=now.isoformat())
    if due - max(need.due, now) > most:
        raise Refused("invalid", "extension_too_long", field="due", days=most.days)
    return due


def _amend_volunteers(
    request: VolunteerRequest | None, asked: NeedAmendment, due: datetime, now: datetime
) -> VolunteerRequest | None:
    if request is None:
        if asked.headcount is not None or asked.slot is not None:
            raise Refused("invalid", "no_volunteers_asked", field="slot" if asked.headcount is None else "headcount")
        return None
    if asked.headcount is None and asked.slot is None:
        if request.ends_at > due:
            raise Refused("invalid", "slot_after_due", field="due")
        return request
    changes: dict[str, object] = {} if asked.headcount is None else {"headcount": asked.headcount}
    if asked.slot is not None:
        changes |= {"starts_at": to_stored(asked.slot.starts_at), "ends_at": to_stored(asked.slot.ends_at)}
    after = request.model_copy(update=changes)
    check_slot(after, due, now, "slot")
    return after


def _list_parts(need: Need, after: Need, asked: NeedAmendment) -> tuple[AmendedPart, ...]:
    """Return the changed parts; a stated title always counts, and so does a new place within the same grid cell."""
    before, now = need.volunteers, after.volunteers
    changed: dict[AmendedPart, bool] = {
        "title": asked.title is not None,
        "station": after.station_id != need.station_id,
        "place": asked.location is not None,
        "due": after.due != need.due,
        "lines": after.lines != need.lines,
        "headcount": before is not None and now is not None and now.headcount != before.headcount,
        "slot": before is not None
        and now is not None
        and (now.starts_at, now.ends_at) != (before.starts_at, before.ends_at),
    }
    return tuple(part for part, other in changed.items() if other)


def _unanswered(parts: tuple[AmendedPart, ...]) -> dict[str, object]:
    """Return the fields that clear charity's reasons for waiting, where they are about the former request."""
    # Those of volunteering stay until its next answer, for it gives none where it is asked for the same as before: a
    # place within the same grid, two amendments that take each other back.
    return {"link_waiting": ()} if {"lines", "station"} & {*parts} else {}
