"""The reasons of each decision, worded for people, from the data of each event (no event is about a person). Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.lianshan.need_path.facts import NeedFacts
from shared.words import Wording

_LINK: Final = "charity.link."
_STAFFING: Final = "volunteering.staffing."
_NEED: Final = "stations.need."
_PUBLISHED: Final = "stations.need.published"
_CREDITED: Final = "volunteering.hours.credited"

Data = Mapping[str, Any]
"""The data of an event, or a part of them."""


def explain(kind: str, data: Data, before: Data | None, need: NeedFacts, words: Wording) -> list[str]:
    """Return the lines for an event of the type `kind`: only news since the data `before` of the same service."""
    return list(_explain(kind, data, before or {}, need, words))


def describe_score(need: NeedFacts, words: Wording) -> str:
    """Return the triage score and its parts."""
    parts = need.get("score_parts") or {}
    total = " + ".join(words.sentence("score_part", {"part": name, "points": n}) for name, n in parts.items())
    return words.sentence("score", {"score": need["score"]}) + (f" = {total}" if total else "")


def describe_waiting(part: Data, words: Wording) -> str:
    """Return an entry of a waiting list: the thing, the reason, the next step."""
    named = {name: word_reason(part[name], words) for name in ("for_what", "reason", "next_step")}
    return words.sentence("waits_for", named)


def word_reason(part: Data, words: Wording) -> str:
    """Return the sentence of a reason {code, args}."""
    return words.sentence(part["code"], part["args"])


def _explain(kind: str, data: Data, before: Data, need: NeedFacts, words: Wording) -> Iterator[str]:
    if kind == _PUBLISHED:
        # The parts are those of today's score: an event with another score has no parts to show.
        same = need.get("score") == data["score"]
        yield describe_score(need, words) if same else words.sentence("score", {"score": data["score"]})
    elif kind.startswith(_NEED):
        yield from _explain_progress(data, words)
    elif kind.startswith(_LINK):
        yield words.sentence("link_state", {"state": data["state"]})
        yield from _explain_link(data, before, need, words)
    elif kind.startswith(_STAFFING):
        yield words.sentence("volunteers_confirmed", {"confirmed": data["confirmed"], "headcount": data["headcount"]})
        if data["offered"]:
            yield words.sentence("offers_open", {"count": data["offered"]})
        yield from _explain_staffing(data, before, words)
    elif kind == _CREDITED:
        credited = words.sentence("minutes_credited", {"minutes": data["minutes"]})
        yield f"{data['volunteer_id']} · {data['dispatch_id']} · {credited}"
    for part in _find_news(data, before, "waiting"):
        yield describe_waiting(part, words)


def _explain_progress(data: Data, words: Wording) -> Iterator[str]:
    if data.get("reason_code"):
        yield words.sentence("need_cancelled", {"because": data["reason_code"]})
    if "rating" in data:
        yield words.sentence("rated", {"rating": data["rating"]})
    lines, committed = data["lines"], data.get("committed", [])
    # Before anything is committed the list is shorter than that of the lines.
    for line, amount in zip(lines, committed, strict=False):
        yield f"{_name_line(line, words)}: {amount}/{line['requested']}"
    if data.get("volunteers") and "volunteers_confirmed" in data:
        confirmed, headcount = data["volunteers_confirmed"], data["volunteers"]["headcount"]
        yield words.sentence("volunteers_confirmed", {"confirmed": confirmed, "headcount": headcount})


def _explain_link(data: Data, before: Data, need: NeedFacts, words: Wording) -> Iterator[str]:
    names = {line["id"]: _name_line(line, words) for line in need.get("lines", ())}
    for tried in _find_news(data, before, "tried"):
        yield f"{names.get(tried.get('line_id'), tried.get('line_id') or '*')} · {_describe_ring(tried, words)}"
    for source in _find_news(data, before, "sources"):
        line = names.get(source["line_id"], source["line_id"])
        yield f"{line} · {source['amount']} ← {source['account_id']} ({words.term('ring', source['ring'])})"


def _explain_staffing(data: Data, before: Data, words: Wording) -> Iterator[str]:
    for tried in _find_news(data, before, "tried"):
        yield _describe_ring(tried, words)
    for part in data.get("changed", ()):
        state = words.term("dispatch_state", part["state"])
        yield f"{part['volunteer_id']} {state} (#{part['wave']}): {word_reason(part['why'], words)}"


def _find_news(data: Data, before: Data, name: str) -> list[Data]:
    known = before.get(name, ())
    return [part for part in data.get(name, ()) if part not in known]


def _describe_ring(tried: Data, words: Wording) -> str:
    reasons = "; ".join(word_reason(part, words) for part in tried["reasons"])
    return f"{words.term('ring', tried['ring'])} {tried['gave']}: {reasons}"


def _name_line(line: Data, words: Wording) -> str:
    if line["kind"] == "money":
        return f"{words.term('line_kind', 'money')} {line['id']}"
    item = words.entry("item", line["item"])
    entry = words.catalogue().get("item", line["item"])
    unit = next((words.unit(unit) for unit in entry.units if unit.code == line.get("unit")), "") if entry else ""
    return f"{item} ({unit})" if unit else item
