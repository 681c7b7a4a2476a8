"""What the world hears of a need, and what its station reads. No title, no free text, no exact place."""

from datetime import datetime
from typing import Any, Final

from services.stations.domain.needs import Need, waiting
from shared.contracts.need_parts import Line
from shared.contracts.stations.needs import (
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedProgress,
    NeedPublished,
    NeedReady,
    NeedRegistered,
    NeedReopened,
    NeedServed,
    NeedSnapshot,
    NeedState,
    NeedUnmet,
    ServiceBegun,
)

_SAID: Final[dict[NeedState, type[NeedProgress]]] = {
    "published": NeedReopened,
    "ready": NeedReady,
    "in_service": ServiceBegun,
    "served": NeedServed,
    "confirmed": NeedConfirmed,
    "cancelled": NeedCancelled,
    "unmet": NeedUnmet,
}


def announcement(need: Need, before: NeedState | None) -> NeedSnapshot:
    """The event for a need that has just come from state `before` (None: it is new) into its state."""
    if need.state == "draft":
        return NeedRegistered(**_snapshot(need))
    if need.state == "published" and before in (None, "draft"):
        return NeedPublished(**_snapshot(need))
    if need.state == "evaluated":
        return NeedEvaluated(**_progress(need), rating=need.rating or 0)
    return _SAID[need.state](**_progress(need))


def _snapshot(need: Need) -> dict[str, Any]:
    return {
        "need_id": need.id,
        "version": need.version,
        "state": need.state,
        "station_id": need.station_id,
        "area": need.area,
        "theme": need.theme,
        "urgency": need.urgency,
        "score": need.score,
        "due": need.due,
        "place": need.place,
        "beneficiaries": need.beneficiaries,
        "beneficiary_groups": need.groups,
        "lines": need.lines,
        "volunteers": need.volunteers,
        "published_at": need.published_at,
    }


def _progress(need: Need) -> dict[str, Any]:
    return {
        **_snapshot(need),
        "committed": need.committed,
        "fulfilled": need.fulfilled,
        "volunteers_confirmed": need.volunteers_confirmed,
        "waiting": waiting(need),
    }


def as_read(need: Need) -> dict[str, Any]:
    """The need as the API gives it back. Without its title: answers are kept for their key, and in clear.

    `version` is the last announced one: what every reader of the events knows.
    """
    read: dict[str, Any] = {
        "id": need.id,
        "version": need.announced,
        "state": need.state,
        "station_id": need.station_id,
        "area": need.area,
        "theme": need.theme,
        "urgency": need.urgency,
        "severity": need.severity,
        "score": need.score,
        "score_parts": need.score_parts,
        "due": _text(need.due),
        "place": {"lon": need.place.lon, "lat": need.place.lat},
        "beneficiaries": {"count": need.beneficiaries, "groups": list(need.groups)},
        "lines": [_line(*parts) for parts in zip(need.lines, need.committed, need.fulfilled, strict=True)],
        "volunteers": _volunteers(need),
        "waiting": [part.model_dump() for part in waiting(need)],
        "timeline": [{"state": state, "at": _text(at)} for state, at in need.timeline],
    }
    if need.rating is not None:
        read["rating"] = need.rating
    return read


def _line(line: Line, committed: int, fulfilled: int) -> dict[str, Any]:
    read: dict[str, Any] = {"id": line.id, "kind": line.kind}
    if line.kind == "money":
        read["amount_fen"] = line.requested
    else:
        read |= {"item": line.item, "quantity": line.requested}
    if line.kind == "goods":
        read["unit"] = line.unit
    return {**read, "requested": line.requested, "committed": committed, "fulfilled": fulfilled}


def _volunteers(need: Need) -> dict[str, Any] | None:
    asked = need.volunteers
    if asked is None:
        return None
    return {
        "headcount": asked.headcount,
        "skills": list(asked.skills),
        "languages": list(asked.languages),
        "starts_at": _text(asked.starts_at),
        "ends_at": _text(asked.ends_at),
        "confirmed": need.volunteers_confirmed,
    }


def _text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
