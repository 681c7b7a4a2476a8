"""The reasons of each decision, in lines for people, from the data of each event (no event is about a person). Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.lianshan.need_path.facts import NeedFacts

_LINK: Final = "charity.link."
_STAFFING: Final = "volunteering.staffing."
_NEED: Final = "stations.need."
_PUBLISHED: Final = "stations.need.published"
_CREDITED: Final = "volunteering.hours.credited"

Data = Mapping[str, Any]
"""The data of an event, or a part of them."""


def explain(kind: str, data: Data, before: Data | None, need: NeedFacts) -> list[str]:
    """Return the lines for an event of the type `kind`: only news since the data `before` of the same service."""
    return list(_explain(kind, data, before or {}, need))


def describe_score(need: NeedFacts) -> str:
    """Return the triage score and its parts."""
    parts = need.get("score_parts") or {}
    total = " + ".join(f"{name} {points}" for name, points in parts.items())
    return f"score {need['score']}" + (f" = {total}" if total else "")


def _explain(kind: str, data: Data, before: Data, need: NeedFacts) -> Iterator[str]:
    if kind == _PUBLISHED:
        # The parts are those of today's score: an event with another score has no parts to show.
        yield describe_score(need) if need.get("score") == data["score"] else f"score {data['score']}"
    elif kind.startswith(_NEED):
        yield from _explain_progress(data)
    elif kind.startswith(_LINK):
        yield f"resources {data['state']}"
        yield from _explain_link(data, before, need)
    elif kind.startswith(_STAFFING):
        yield f"{data['state']}: {data['confirmed']} of {data['headcount']} confirmed, {data['offered']} offered"
        yield from _explain_staffing(data, before)
    elif kind == _CREDITED:
        yield f"{data['minutes']} minutes credited to {data['volunteer_id']} for {data['dispatch_id']}"
    yield from _explain_waiting(data, before)


def _explain_progress(data: Data) -> Iterator[str]:
    if data.get("reason_code"):
        yield f"reason: {data['reason_code']}"
    if "rating" in data:
        yield f"rated {data['rating']} of 5"
    lines, committed = data["lines"], data.get("committed", [])
    # Before anything is committed the list is shorter than that of the lines.
    for line, amount in zip(lines, committed, strict=False):
        yield f"{_name_line(line)}: {amount} of {line['requested']} committed"
    if data.get("volunteers") and "volunteers_confirmed" in data:
        yield f"volunteers: {data['volunteers_confirmed']} of {data['volunteers']['headcount']} confirmed"


def _explain_link(data: Data, before: Data, need: NeedFacts) -> Iterator[str]:
    names = {line["id"]: _name_line(line) for line in need.get("lines", ())}
    for tried in _find_news(data, before, "tried"):
        line = names.get(tried.get("line_id"), tried.get("line_id") or "all lines")
        yield f"{line} · {_describe_ring(tried)}"
    for source in _find_news(data, before, "sources"):
        line = names.get(source["line_id"], source["line_id"])
        yield f"{line} · {source['amount']} from {source['account_id']} ({source['ring']})"


def _explain_staffing(data: Data, before: Data) -> Iterator[str]:
    for tried in _find_news(data, before, "tried"):
        yield _describe_ring(tried)
    for part in data.get("changed", ()):
        yield f"{part['volunteer_id']} {part['state']} (wave {part['wave']}, {part['ring']}): {part['why']}"


def _explain_waiting(data: Data, before: Data) -> Iterator[str]:
    for part in _find_news(data, before, "waiting"):
        yield f"waits for {part['for_what']}: {part['reason']}; next: {part['next_step']}"


def _find_news(data: Data, before: Data, name: str) -> list[Data]:
    known = before.get(name, ())
    return [part for part in data.get(name, ()) if part not in known]


def _describe_ring(tried: Data) -> str:
    return f"{tried['ring']} gave {tried['gave']}: {tried['reason']}"


def _name_line(line: Data) -> str:
    if line["kind"] == "money":
        return f"money {line['id']}"
    return f"{line['item']} ({line['unit']})" if line.get("unit") else str(line["item"])
