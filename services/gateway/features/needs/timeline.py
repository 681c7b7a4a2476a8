"""The timeline of a need, from the events of all three services, in words for people and none about a person. Pure."""

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from shared.contracts.charity.linking import LinkSnapshot
from shared.contracts.messages import EventData
from shared.contracts.need_parts import Waiting
from shared.contracts.stations.needs import NeedCancelled, NeedEvaluated, NeedProgress, NeedSnapshot
from shared.contracts.volunteering.dispatch import StaffingSnapshot
from shared.contracts.volunteering.timebank import HoursCredited
from shared.engine.decide.schema import Document

MOST_ENTRIES: Final = 200
"""The latest are kept; the state of a need does not depend on them."""

Words = Callable[[Any], str]
"""The sentence for one kind of event."""


def make_entry(kind: str, key: str, version: int, at: datetime, data: EventData, *, cursor: int) -> Document:
    """Return an event as the timeline stores it; `cursor` leads to the event itself in the feed."""
    return {
        "at": at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "what": kind,
        "detail": describe(data),
        "version": version,
        "key": key,
        "cursor": cursor,
    }


def merge(timeline: Sequence[Document], new: Document) -> list[Document]:
    """Return the timeline with the entry in its place, at most MOST_ENTRIES.

    The same event again changes nothing, and any order of arrival gives the same timeline.
    """
    if any(known["key"] == new["key"] for known in timeline):
        return list(timeline)
    grown = list(timeline)
    insort(grown, new, key=_place)
    return grown[-MOST_ENTRIES:]


def cursors(timeline: Sequence[Document]) -> list[int]:
    """Return the feed cursors of the events in the timeline."""
    return [known["cursor"] for known in timeline]


def describe(data: EventData) -> str:
    """Return the event in a sentence; an empty one for a kind that has no words."""
    words = words_for(type(data))
    return "" if words is None else words(data)


@cache
def words_for(kind: type[EventData]) -> Words | None:
    """Return the sentence for that kind of event, or for the nearest kind that it extends."""
    # The order of the method resolution is from the special to the general: an evaluation before any progress.
    return next((_WORDS[base] for base in kind.__mro__ if base in _WORDS), None)


def _place(known: Document) -> tuple[str, int, str]:
    # Events of one instant by version, then by key: a total order, so that replicas and rebuilds agree.
    return known["at"], known["version"], known["key"]


def _describe_registration(data: NeedSnapshot) -> str:
    return f"triage score {data.score}, due {data.due.isoformat(timespec='minutes')}"


def _describe_progress(data: NeedProgress) -> str:
    parts = []
    if data.lines:
        parts.append(f"{sum(map(bool, data.committed))} of {len(data.lines)} lines supplied")
    if data.volunteers:
        parts.append(f"{data.volunteers_confirmed} of {data.volunteers.headcount} volunteers")
    return " and ".join(parts)


def _describe_evaluation(data: NeedEvaluated) -> str:
    return f"rated {data.rating} of 5"


def _describe_cancellation(data: NeedCancelled) -> str:
    return f"reason: {data.reason_code}"


def _describe_link(data: LinkSnapshot) -> str:
    rings = dict.fromkeys(source.ring for source in data.sources)
    parts = [f"resources {data.state}"]
    if rings:
        parts.append(f"from {', '.join(rings)}")
    return "; ".join([*parts, *_describe_waiting(data.waiting)])


def _describe_staffing(data: StaffingSnapshot) -> str:
    parts = [f"{data.confirmed} of {data.headcount} volunteers confirmed"]
    for count, word in ((data.offered, "offered"), (data.checked_in, "checked in"), (data.checked_out, "checked out")):
        if count:
            parts.append(f"{count} {word}")
    return "; ".join([*parts, *_describe_waiting(data.waiting)])


def _describe_waiting(waiting: Sequence[Waiting]) -> list[str]:
    return [f"waiting for {part.for_what}: {part.reason}; next: {part.next_step}" for part in waiting]


def _describe_credit(data: HoursCredited) -> str:
    return f"{data.minutes} minutes credited in the time bank"


_WORDS: Final[Mapping[type[Any], Words]] = {
    NeedEvaluated: _describe_evaluation,
    NeedCancelled: _describe_cancellation,
    NeedProgress: _describe_progress,
    NeedSnapshot: _describe_registration,
    LinkSnapshot: _describe_link,
    StaffingSnapshot: _describe_staffing,
    HoursCredited: _describe_credit,
}
