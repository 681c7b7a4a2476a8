"""A need's story, told from the events of all three services, in words for people (and none about a person)."""

from bisect import insort
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from shared.contracts.charity.linking import LinkSnapshot
from shared.contracts.messages import EventData
from shared.contracts.stations.needs import NeedCancelled, NeedEvaluated, NeedProgress, NeedSnapshot
from shared.contracts.volunteering.dispatch import StaffingSnapshot
from shared.contracts.volunteering.timebank import HoursCredited

MOST_ENTRIES: Final = 200
"""The latest are kept; the state of a need does not depend on them."""

Entry = dict[str, Any]


def entry(kind: str, key: str, version: int, at: datetime, data: EventData, *, cursor: int) -> Entry:
    """What happened, as the timeline keeps it; the event itself has that cursor in the feed."""
    return {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "what": kind,
        "detail": tell(data),
        "version": version,
        "key": key,
        "cursor": cursor,
    }


def merged(timeline: Sequence[Entry], new: Entry) -> list[Entry]:
    """The timeline with the entry in its place; the same event again changes nothing, any order gives the same."""
    if any(known["key"] == new["key"] for known in timeline):
        return list(timeline)
    grown = list(timeline)
    insort(grown, new, key=_place)
    return grown[-MOST_ENTRIES:]


def tell(data: EventData) -> str:
    """The event in a sentence."""
    return next((words(data) for kind, words in _WORDS if isinstance(data, kind)), "")


def _place(known: Entry) -> tuple[str, int, str]:
    return known["at"], known["version"], known["key"]


def _link(data: LinkSnapshot) -> str:
    rings = dict.fromkeys(source.ring for source in data.sources)
    parts = [f"resources {data.state}"]
    if rings:
        parts.append(f"from {', '.join(rings)}")
    parts += [f"waiting for {w.for_what}: {w.reason}; next: {w.next_step}" for w in data.waiting]
    return "; ".join(parts)


def _staffing(data: StaffingSnapshot) -> str:
    parts = [f"{data.confirmed} of {data.headcount} volunteers confirmed"]
    for count, word in ((data.offered, "offered"), (data.checked_in, "checked in"), (data.checked_out, "checked out")):
        if count:
            parts.append(f"{count} {word}")
    parts += [f"waiting for {w.for_what}: {w.reason}; next: {w.next_step}" for w in data.waiting]
    return "; ".join(parts)


def _snapshot(data: NeedSnapshot) -> str:
    return f"triage score {data.score}, due {data.due.isoformat(timespec='minutes')}"


def _progress(data: NeedProgress) -> str:
    return " and ".join(
        part
        for part in (
            f"{sum(map(bool, data.committed))} of {len(data.lines)} lines supplied" if data.lines else "",
            f"{data.volunteers_confirmed} of {data.volunteers.headcount} volunteers" if data.volunteers else "",
        )
        if part
    )


_WORDS: Final[Sequence[tuple[type[EventData], Callable[[Any], str]]]] = (
    (NeedEvaluated, lambda data: f"rated {data.rating} of 5"),
    (NeedCancelled, lambda data: f"reason: {data.reason_code}"),
    (NeedProgress, _progress),
    (NeedSnapshot, _snapshot),
    (LinkSnapshot, _link),
    (StaffingSnapshot, _staffing),
    (HoursCredited, lambda data: f"{data.minutes} minutes credited in the time bank"),
)
