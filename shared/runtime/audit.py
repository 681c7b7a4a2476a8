"""The audit of a service: each write, each read of personal data, and each change that an operator makes by hand.

The row of a write is stored in the transaction of the write, that of a read before anything is shown. A row names
actor, act, ids, area and time, and holds no personal data. Refused attempts are logged and counted only, so that
no row accuses anybody. Personal Information Protection Law, art. 54 and 55: handling of personal information is audited
and its records are kept.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.database import Database

from shared.contracts.access import Actor, Decision, Permission, describe_lack, permits
from shared.contracts.access.audit import MOST_AUDITED, AuditFilter, AuditPage, AuditRow
from shared.contracts.refusals import Refused
from shared.runtime.clock import CityTime

AUDIT: Final = "audit"


def _by(field: str) -> IndexModel:
    return IndexModel([(field, ASCENDING), ("_id", DESCENDING)], name=field)


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {AUDIT: [_by("about"), _by("by"), _by("areas")]}
"""Each question is one index: by subject, by actor, by area; `_id` begins with the time."""
MAX_WHY: Final = 500
"""Characters kept of a reason."""
MAX_MILLIS: Final = 5_000
"""Milliseconds that the store may take over one page."""
_MILLIS_DIGITS: Final = 13
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AFTER_DIGITS: Final = ":"
"""The character after `9`: the codes that begin with a prefix end before it."""

Row = dict[str, Any]


def build_row(
    actor: Actor, what: str, about: Sequence[str], at: datetime, *, areas: Sequence[str] = (), correlation: str = "",
    why: str = "",
) -> Row:  # fmt: skip
    """Return the row that `actor` did `what` to the things with the ids `about`, `at` that time (UTC).

    An actor who speaks for somebody stands there with the id of that person, in `for`.
    `areas` has the area of each of `about`, or one for all. Both are cut to 1,000 entries, `why` to 500 characters.
    Raises TypeError where `about` is one string, whose characters would be taken for ids, or `areas` has another
    number.
    """
    if isinstance(about, str):
        raise TypeError(f"{about!r} is one id: give a list of ids")
    if len(areas) not in {0, 1, len(about)}:
        raise TypeError(f"{len(about)} ids have {len(areas)} areas: give one each, or one for all")
    places = list(areas[:MOST_AUDITED])
    row = {
        # Ids rise with the time of the row, so that they are order, cursor and time filter in one.
        "_id": f"{_millis(at)}.{ObjectId()}",
        "by": list(dict.fromkeys((actor.id, actor.principal))),
        "kind": actor.kind,
        "what": what,
        "about": list(about[:MOST_AUDITED]),
        "areas": sorted(set(places) - {""}),
        "at": at,
        "correlation": correlation,
        "why": why[:MAX_WHY],
    }
    if actor.speaks_for is not None:
        row["for"] = actor.speaks_for
    # Only where they differ: an auditor of one area is not shown the ids of another.
    return {**row, "places": places} if len(set(places)) > 1 else row


def require_reader(actor: Actor, why: str, permission: Permission = "personal:read") -> None:
    """Refuse an audited read by an actor who lacks the permission, or without a reason.

    Raises Refused("not_allowed", rule "permission_missing") or Refused("invalid", rule "audited"). For a query that
    looks its subject up before it records: the refusal comes first, so that it tells nobody whether the subject exists.
    """
    require_permission(actor, permission)
    # It comes from another process over RPC, which checks no types.
    if not isinstance(why, str) or not why.strip():
        raise Refused("invalid", "audited", field="why")


def require_permission(actor: Actor, permission: Permission) -> None:
    """Refuse a query by an actor who lacks the permission: Refused("not_allowed", rule "permission_missing")."""
    if permits(actor, permission) is Decision.LACKS_PERMISSION:
        raise Refused("not_allowed", "permission_missing", field="permission", **describe_lack(actor, permission))


def area_within(reach: str) -> Row:
    """Return the part of a MongoDB rule that keeps `area` within `reach`; empty: everywhere."""
    return {"area": _between(reach)} if reach else {}


def _between(area: str) -> Row:
    return {"$gte": area, "$lt": area + _AFTER_DIGITS}


def record(
    store: Database[Row], what: str, about: Sequence[str], *, actor: Actor, why: str, now: datetime,
    areas: Sequence[str] = (), correlation: str = "", **more: str,
) -> None:  # fmt: skip
    """Record that `actor` did `what` to the things with the ids `about`, at `now` (UTC), by the request `correlation`.

    `more` are further fields without personal data. Raises TypeError as `build_row` does, and where `more` would
    replace a field of the row.
    """
    row = build_row(actor, what, about, now, areas=areas, correlation=correlation, why=why)
    if replaced := row.keys() & more.keys():
        raise TypeError(f"{', '.join(sorted(replaced))} are fields of every row: name the further fields otherwise")
    store[AUDIT].insert_one({**row, **more})


def audit_rule(wanted: AuditFilter, reach: str) -> Row:
    """Return the MongoDB rule of a page, never beyond the area `reach`; empty: everywhere."""
    rule: Row = {}
    subjects = () if wanted.subject is None else (wanted.subject, *wanted.also)
    if subjects:
        rule["about"] = {"$in": list(subjects)} if wanted.also else wanted.subject
    if wanted.actor is not None:
        rule["by"] = wanted.actor
    area = wanted.area or reach
    if area:
        # $elemMatch: both bounds for the same area of a row.
        rule["areas"] = {"$elemMatch": _between(area)}
        if subjects:
            rule["$expr"] = {"$or": [{"$not": ["$places"]}, *(_stands_within(one, area) for one in subjects)]}
    bounds: Row = {}
    if wanted.since is not None:
        bounds["$gte"] = _millis(wanted.since)
    if wanted.until is not None:
        bounds["$lt"] = _millis(wanted.until)
    if wanted.after is not None:
        bounds["$lt"] = min(wanted.after, bounds.get("$lt", wanted.after))
    return {**rule, "_id": bounds} if bounds else rule


def _stands_within(subject: str, area: str) -> Row:
    """Return the expression that the subject of a row of several areas stands within that one."""
    place = {"$arrayElemAt": ["$places", {"$indexOfArray": ["$about", subject]}]}
    return {"$eq": [{"$substrBytes": [place, 0, len(area)]}, area]}


def since_rule(since: datetime) -> Row:
    """Return the part of a MongoDB rule that keeps the rows since then (UTC)."""
    return {"_id": {"$gte": _millis(since)}}


def row_bound(at: datetime) -> str:
    """Return the id that is not above any row of that time (UTC) or later, and above every earlier one."""
    return _millis(at)


def time_of(row_id: str) -> CityTime | None:
    """Return the time that a row's id begins with; None where no service has made the id."""
    try:
        return CityTime(_EPOCH + timedelta(milliseconds=int(row_id[:_MILLIS_DIGITS])))
    except ValueError:
        return None


def check_auditor(actor: Actor, wanted: AuditFilter) -> None:
    """Refuse an actor without the permission, or an area named outside the actor's: Refused("not_allowed")."""
    require_permission(actor, "audit:read")
    if wanted.area is not None and not actor.reaches(wanted.area):
        raise Refused("not_allowed", "area_elsewhere", field="area", area=wanted.area, own_area=actor.area)


def read_page(store: Database[Row], actor: Actor, wanted: AuditFilter) -> AuditPage:
    """Return the rows that fit, newest first, at most `wanted.limit`, never beyond the actor's area.

    Raises Refused as `check_auditor` does.
    """
    check_auditor(actor, wanted)
    found = store[AUDIT].find(audit_rule(wanted, actor.area)).sort("_id", DESCENDING).limit(wanted.limit)
    return AuditPage(items=tuple(to_answer(row, actor.area) for row in found.max_time_ms(MAX_MILLIS)))


def to_answer(row: Row, reach: str) -> AuditRow:
    """Return a stored row as it is answered to one who reaches that area: without ids and areas elsewhere."""
    about, places = row["about"], row.get("places", ())
    if reach and places:
        about = [subject for subject, place in zip(about, places, strict=True) if place.startswith(reach)]
    return AuditRow(
        id=row["_id"],
        actor=row["by"][0],
        principal=row["by"][-1],
        kind=row["kind"],
        what=row["what"],
        about=tuple(about),
        areas=tuple(area for area in row["areas"] if area.startswith(reach)),
        at=row["at"],
        correlation=row["correlation"],
        why=row["why"],
        on_behalf_of=row.get("for", ""),
    )


def _millis(at: datetime) -> str:
    return f"{int(at.timestamp() * 1000):0{_MILLIS_DIGITS}d}"
