"""Intake: the rules that a need must keep, and the draft that is made of the request."""

from datetime import UTC, datetime, timedelta
from typing import Final

from services.stations.needs.domain.need import Need
from services.stations.needs.domain.triage import score_parts
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.catalogue.resolution import require_codes, require_entry, require_item, to_base_units
from shared.contracts.need_parts import Line, Place, VolunteerRequest
from shared.contracts.refusals import Refused
from shared.contracts.stations.need_request import LineAsked, VolunteersAsked
from shared.contracts.stations.needs import RegisterNeed

GRID_DIGITS: Final = 2
"""Decimal places of a degree that a place in an event keeps."""

# A longer slot or a later due time is a slip of the pen (a year 20226), and would wait for ever.
LONGEST_SLOT: Final = timedelta(days=31)
LATEST_DUE: Final = timedelta(days=5 * 366)


def round_place(exact: Place) -> Place:
    """Return the nearest point of a grid of 0.01 degree: 1.1 km by 0.85 km at 40° N (Beijing).

    Only this point leaves the service; the exact one is sealed.
    """
    return Place(lon=round(exact.lon, GRID_DIGITS), lat=round(exact.lat, GRID_DIGITS))


def registered(asked: RegisterNeed, catalogue: Catalogue, *, need_id: str, area: str, now: datetime) -> Need:
    """Return the need as a draft, in the area of its station, its labels as codes and its quantities in base units.

    Raises Refused("invalid") naming field and rule, see `check_request` and `shared.contracts.catalogue.resolution`.
    """
    check_request(asked, now)
    # A group named twice counts once; the order stays, for the reader.
    groups = require_codes(catalogue, "group", asked.beneficiaries.groups, "beneficiaries.groups")
    parts = score_parts(asked.severity, asked.urgency, groups)
    return Need(
        id=need_id,
        station_id=asked.station_id,
        area=area,
        theme=require_entry(catalogue, "theme", asked.theme, "theme").code,
        urgency=asked.urgency,
        severity=asked.severity,
        due=to_stored(asked.due),
        place=round_place(asked.location),
        beneficiaries=asked.beneficiaries.count,
        groups=groups,
        lines=tuple(to_line(nth, line, catalogue, "lines") for nth, line in enumerate(asked.lines)),
        volunteers=to_request(asked.volunteers, catalogue),
        score=sum(parts.values()),
        score_parts=parts,
        registered_at=now,
        channel=asked.channel,
        timeline=(("draft", now),),
        announced=1,
        committed=(0,) * len(asked.lines),
        fulfilled=(0,) * len(asked.lines),
    )


def check_request(asked: RegisterNeed | Need, now: datetime) -> None:
    """Refuse a request that asks for nothing, or that leaves no time to serve it.

    It is due in the future and within five years; the volunteers' time ends in the future, not after the need is due,
    and lasts at most 31 days. Raises Refused("invalid") naming field and rule.
    """
    if not asked.lines and asked.volunteers is None:
        raise Refused("invalid", "nothing_asked_for", field="lines")
    if asked.due <= now:
        raise Refused("invalid", "due_passed", field="due")
    if asked.due - now > LATEST_DUE:
        raise Refused("invalid", "due_too_late", field="due", years=5)
    if asked.volunteers is not None:
        check_slot(asked.volunteers, asked.due, now, "volunteers")


def check_slot(request: VolunteerRequest, due: datetime, now: datetime, field: str) -> None:
    """Refuse a slot that is over, ends after the due time, or takes more than 31 days: Refused("invalid")."""
    # A slot that has begun is still of use; one that is over is not.
    if request.ends_at <= now:
        raise Refused("invalid", "slot_over", field=f"{field}.ends_at")
    if request.ends_at > due:
        raise Refused("invalid", "slot_after_due", field=f"{field}.ends_at")
    if request.ends_at - request.starts_at > LONGEST_SLOT:
        raise Refused("invalid", "slot_too_long", field=f"{field}.starts_at", days=LONGEST_SLOT.days)


def to_line(nth: int, asked: LineAsked, catalogue: Catalogue, path: str) -> Line:
    """Return the line of the request, the first one being 0, in codes and base units.

    `path` is the field that holds it. Raises Refused("invalid") for an item or unit that is unknown, and a useful part
    that is none.
    """
    line_id, field = f"l{nth + 1}", f"{path}.{nth}"
    if asked.kind == "money":
        _check_part(asked, asked.amount_fen, field)
        least = asked.min_useful or 1
        return Line(id=line_id, kind="money", requested=asked.amount_fen, divisible=asked.divisible, min_useful=least)
    _check_part(asked, asked.quantity, field)
    item = require_item(catalogue, asked.kind, asked.item, f"{field}.item")
    unit, base = to_base_units(item, asked.quantity, asked.unit if asked.kind == "goods" else None, field)
    return Line(
        id=line_id,
        kind=asked.kind,
        item=item.code,
        unit=unit.code if asked.kind == "goods" else None,
        quantity=asked.quantity,
        base_unit=item.base.code,
        requested=base,
        divisible=asked.divisible,
        # The factor of a unit is a whole number.
        min_useful=(asked.min_useful or 0) * (base // asked.quantity) or 1,
    )


def _check_part(asked: LineAsked, quantity: int, field: str) -> None:
    """Refuse a least useful part of an indivisible line, and one above the quantity asked for."""
    if asked.min_useful is None:
        return
    if not asked.divisible:
        raise Refused("invalid", "no_part_of_indivisible", field=f"{field}.min_useful")
    if asked.min_useful > quantity:
        raise Refused("invalid", "min_useful_above_quantity", field=f"{field}.min_useful", quantity=quantity)


def to_request(asked: VolunteersAsked | None, catalogue: Catalogue) -> VolunteerRequest | None:
    """Return the request for volunteers in codes and stored instants; Refused("invalid") for an unknown label."""
    if asked is None:
        return None
    return VolunteerRequest(
        headcount=asked.headcount,
        skills=require_codes(catalogue, "skill", asked.skills, "volunteers.skills"),
        languages=require_codes(catalogue, "language", asked.languages, "volunteers.languages"),
        starts_at=to_stored(asked.starts_at),
        ends_at=to_stored(asked.ends_at),
    )


def to_stored(instant: datetime) -> datetime:
    """Return the instant in UTC and whole milliseconds."""
    # The store gives back UTC and whole milliseconds: cut here, every event and answer has the same instant.
    return instant.astimezone(UTC).replace(microsecond=instant.microsecond // 1000 * 1000)
