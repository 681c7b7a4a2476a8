"""Confirmation: the station states the delivered amounts and that the service took place; where the city asks for it,
by another actor.

Mutual checks in the division of duties: Internal Control of Administrative Institutions (财会〔2012〕21号), art. 5 (3).
"""

from collections.abc import Sequence
from datetime import datetime

from services.stations.needs.domain.need import Need, require_state, with_facts
from shared.contracts.access import Reference
from shared.contracts.need_parts import LineDelivered, VolunteerRequest
from shared.contracts.refusals import Refused
from shared.contracts.stations.needs import NeedState


def confirmed(need: Need, now: datetime, stated: Sequence[LineDelivered] = ()) -> Need:
    """Return the need confirmed, with the amount delivered of each line: all that is committed of those not stated.

    A need without volunteers that has got a part may be confirmed, too, where the amounts are stated; so may a need
    whose goods have come, once the slot of its volunteers has begun and nobody has. Raises Refused: "wrong_state" where
    the need is not served yet or has ended, where it has got a part and no amount is stated, where volunteers may still
    come, and where a line is not stated and charity has not answered yet; "invalid" for a line that the need does not
    have or that is stated twice, for more than is committed, and where nothing was delivered and nobody has served.
    """
    _require_confirmable(need, now, stated)
    delivered = _list_delivered(need, stated)
    if need.state != "served" and not any(delivered):
        raise Refused("invalid", "nothing_delivered", field="delivered")
    return with_facts(need, now, confirmed_at=now, delivered=delivered)


def _require_confirmable(need: Need, now: datetime, stated: Sequence[LineDelivered]) -> None:
    if need.state != "served" and need.volunteers is not None:
        _require_nobody_there(need, need.volunteers, now, stated)
    # A need without volunteers is never served: it is confirmed by its delivered amounts, which must be stated, so that
    # nobody ends it by accident.
    unstated: tuple[NeedState, ...] = ("published",) if need.volunteers is None else ("ready", "published")
    if not stated and need.state in unstated and any(need.committed):
        raise Refused("wrong_state", "delivery_not_stated", field="delivered", state=need.state)
    require_state(need, ("served", "ready", "published") if stated else ("served", "ready"), "confirm")
    # Of a line not stated all that is committed counts as delivered, and nobody knows that before charity's answer.
    if not need.link_version and {line.id for line in need.lines} - {one.line_id for one in stated}:
        raise Refused("wrong_state", "charity_not_answered", field="delivered", state=need.state)


def _require_nobody_there(need: Need, asked: VolunteerRequest, now: datetime, stated: Sequence[LineDelivered]) -> None:
    # Volunteers may be found until the slot begins, and those who have checked in check out first.
    begun = now >= asked.starts_at
    by_goods = bool(need.lines) and (begun or bool(stated))
    require_state(need, ("served", "ready", "published") if by_goods else ("served",), "confirm")
    if not begun:
        starts_at = asked.starts_at.isoformat(timespec="minutes")
        raise Refused("wrong_state", "volunteers_still_to_come", field="need_id", starts_at=starts_at)


def _list_delivered(need: Need, stated: Sequence[LineDelivered]) -> tuple[int, ...]:
    amounts: dict[str, int] = {}
    known = {line.id for line in need.lines}
    for nth, one in enumerate(stated):
        if one.line_id not in known:
            raise Refused("invalid", "line_unknown", field=f"delivered.{nth}.line_id", line=one.line_id)
        if one.line_id in amounts:
            raise Refused("invalid", "line_named_twice", field=f"delivered.{nth}.line_id", line=one.line_id)
        amounts[one.line_id] = one.amount
    # Before charity has answered nothing is committed.
    committed = need.committed if len(need.committed) == len(need.lines) else (0,) * len(need.lines)
    delivered = tuple(amounts.get(line.id, held) for line, held in zip(need.lines, committed, strict=True))
    for line, held, amount in zip(need.lines, committed, delivered, strict=True):
        if amount > held:
            raise Refused(
                "invalid", "more_than_committed", field="delivered", line=line.id, committed=held, amount=amount
            )
    return delivered


def require_another(need: Need, actor: Reference) -> None:
    """Refuse the confirmation by the actor who published the need: Refused("not_allowed", rule "own_act")."""
    if need.published_by == actor:
        raise Refused("not_allowed", "own_act", field="need_id")
