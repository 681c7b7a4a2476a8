"""Why it was decided so, in lines for people, from what each event carries (no event speaks of a person)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

_LINK: Final = "charity.link."
_STAFFING: Final = "volunteering.staffing."
_NEED: Final = "stations.need."
_PUBLISHED: Final = "stations.need.published"
_CREDITED: Final = "volunteering.hours.credited"

Json = Mapping[str, Any]


def reasons(kind: str, data: Json, before: Json | None, need: Json) -> list[str]:
    """What is new since the same service last spoke of the need."""
    return list(_reasons(kind, data, before or {}, need))


def score(need: Json) -> str:
    """The triage score and its parts."""
    parts: Json = need.get("score_parts") or {}
    made = " + ".join(f"{name} {points}" for name, points in parts.items())
    return f"score {need['score']}" + (f" = {made}" if made else "")


def _reasons(kind: str, data: Json, before: Json, need: Json) -> Iterator[str]:
    if kind == _PUBLISHED:
        yield score(need) if need.get("score") == data["score"] else f"score {data['score']}"
    elif kind.startswith(_NEED):
        yield from _progress(data)
    elif kind.startswith(_LINK):
        yield f"resources {data['state']}"
        yield from _linked(data, before, need)
    elif kind.startswith(_STAFFING):
        yield f"{data['state']}: {data['confirmed']} of {data['headcount']} confirmed, {data['offered']} offered"
        yield from _staffed(data, before)
    elif kind == _CREDITED:
        yield f"{data['minutes']} minutes credited to {data['volunteer_id']} for {data['dispatch_id']}"
    yield from _waiting(data, before)


def _progress(data: Json) -> Iterator[str]:
    if data.get("reason_code"):
        yield f"reason: {data['reason_code']}"
    if "rating" in data:
        yield f"rated {data['rating']} of 5"
    lines, committed = data["lines"], data.get("committed", [])
    for line, have in zip(lines, committed, strict=False):
        yield f"{_name(line)}: {have} of {line['requested']} committed"
    if data.get("volunteers") and "volunteers_confirmed" in data:
        yield f"volunteers: {data['volunteers_confirmed']} of {data['volunteers']['headcount']} confirmed"


def _linked(data: Json, before: Json, need: Json) -> Iterator[str]:
    names = {line["id"]: _name(line) for line in need.get("lines", ())}
    for tried in _new(data, before, "tried"):
        yield f"{names.get(tried.get('line_id'), tried.get('line_id') or 'all lines')} · {_ring(tried)}"
    for source in _new(data, before, "sources"):
        line = names.get(source["line_id"], source["line_id"])
        yield f"{line} · {source['amount']} from {source['account_id']} ({source['ring']})"


def _staffed(data: Json, before: Json) -> Iterator[str]:
    for tried in _new(data, before, "tried"):
        yield _ring(tried)
    for part in data.get("changed", ()):
        yield f"{part['volunteer_id']} {part['state']} (wave {part['wave']}, {part['ring']}): {part['why']}"


def _waiting(data: Json, before: Json) -> Iterator[str]:
    for part in _new(data, before, "waiting"):
        yield f"waits for {part['for_what']}: {part['reason']}; next: {part['next_step']}"


def _new(data: Json, before: Json, name: str) -> list[Json]:
    known = before.get(name, ())
    return [part for part in data.get(name, ()) if part not in known]


def _ring(tried: Json) -> str:
    return f"{tried['ring']} gave {tried['gave']}: {tried['reason']}"


def _name(line: Json) -> str:
    if line["kind"] == "money":
        return f"money {line['id']}"
    return f"{line['item']} ({line['unit']})" if line.get("unit") else str(line["item"])
