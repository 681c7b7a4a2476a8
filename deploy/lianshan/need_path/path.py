"""The path of a need: its events as a tree of causes, the time of each step, and the reasons of each decision. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from deploy.lianshan.need_path.facts import DispatchFacts, EventFacts, Facts, Json, NeedFacts
from deploy.lianshan.need_path.reasons import explain
from shared.contracts.traceparent import read
from shared.engine.decide.unit_of_work import time_of_id
from shared.words import Wording

LONGEST_REQUEST: Final = timedelta(hours=1)
"""A command is answered within seconds: an id that is older than its first event by more was not made for it."""
ASKED: Final = "asked"
"""The stage before the first event: the request was made."""
_NEED: Final = "/stations/need"
_SHOWN: Final = (
    "id", "state", "area", "urgency", "severity", "score", "score_parts", "waiting", "resources", "staffing",
)  # fmt: skip


@dataclass
class Step:
    """One event, its time since the beginning and since its cause (None where that is not known), and its reasons."""

    cursor: int
    type: str
    at: datetime
    since_began: timedelta
    after_cause: timedelta | None
    reasons: list[str]
    trace_id: str
    next: list["Step"] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it, with the steps that it caused; times in milliseconds."""
        return {
            "type": self.type, "service": self.type.partition(".")[0], "at": self.at.isoformat(),
            "cursor": self.cursor, "since_began_ms": _to_ms(self.since_began),
            "after_cause_ms": _to_ms(self.after_cause), "trace_id": self.trace_id, "reasons": self.reasons,
            "next": [step.to_json() for step in self.next],
        }  # fmt: skip


@dataclass
class Origin:
    """The origin of a part of the path: a command, a timer ("reminder"), or an event about another subject."""

    kind: str
    id: str
    steps: list[Step] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {"kind": self.kind, "id": self.id, "steps": [step.to_json() for step in self.steps]}


@dataclass
class Path:
    """The whole path. `stages` are (from state, to state, duration); `began` is None before the first event."""

    need: NeedFacts
    began: datetime | None
    stages: list[tuple[str, str, timedelta]]
    origins: list[Origin]
    dispatches: Sequence[DispatchFacts]
    notes: Sequence[str]

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it; times in milliseconds."""
        need: Mapping[str, object] = self.need
        return {
            **{name: need[name] for name in _SHOWN if name in need},
            "began": self.began.isoformat() if self.began else None,
            "stages": [{"from": a, "to": b, "ms": _to_ms(took)} for a, b, took in self.stages],
            "origins": [origin.to_json() for origin in self.origins],
            "dispatches": self.dispatches,
            "notes": self.notes,
        }  # fmt: skip


@dataclass(frozen=True)
class _Event:
    """An event of the feed with its cursor and its instant."""

    cursor: int
    facts: EventFacts
    at: datetime

    @property
    def key(self) -> str:
        """Return the key by which other events name it as their cause."""
        return f"{self.facts['source']}#{self.facts['id']}"


def find_path(facts: Facts, words: Wording) -> Path:
    """Return the path of the need, from the facts that the gateway has."""
    events = [_Event(item["cursor"], item["event"], _read_time(item["event"])) for item in facts.items]
    # The feed's order is that in which the gateway heard them; the path wants that in which they happened.
    events.sort(key=lambda event: (event.at, event.cursor))
    began = _find_beginning(facts.need["id"], events)
    steps = _make_steps(facts.need, events, began, words) if began else {}
    return Path(
        facts.need, began, _find_stages(events, began), _link_steps(events, steps), facts.dispatches, facts.notes
    )


def _find_beginning(need_id: str, events: Sequence[_Event]) -> datetime | None:
    """Return the instant of the request, which the need's id holds; else that of the first event."""
    if not events:
        return None
    first = events[0].at
    asked = time_of_id(need_id)
    return asked if asked is not None and first - LONGEST_REQUEST < asked <= first else first


def _make_steps(need: NeedFacts, events: Sequence[_Event], began: datetime, words: Wording) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    # Of each service the last event about the need: only the difference to it is news.
    latest: dict[str, Json] = {}
    for event in events:
        facts = event.facts
        place = read(facts["traceparent"])
        steps[event.key] = Step(
            cursor=event.cursor, type=facts["type"], at=event.at, since_began=event.at - began,
            after_cause=None,
            reasons=explain(facts["type"], facts["data"], latest.get(facts["source"]), need, words),
            trace_id=place.trace_id if place else "",
        )  # fmt: skip
        latest[facts["source"]] = facts["data"]
    return steps


def _link_steps(events: Sequence[_Event], steps: Mapping[str, Step]) -> list[Origin]:
    """Put each step beneath the one that caused it, and return the origins of the others with their steps."""
    origins: dict[str, Origin] = {}
    for event in events:
        step, cause = steps[event.key], event.facts["causationid"]
        if cause in steps:
            step.after_cause = step.at - steps[cause].at
            steps[cause].next.append(step)
            continue
        origin = origins.setdefault(cause, Origin(_find_kind(cause), cause))
        origin.steps.append(step)
        # Of the first command the beginning is known, so its event has a time after its cause.
        if event is events[0] and origin.kind == "command":
            step.after_cause = step.since_began
    return list(origins.values())


def _find_stages(events: Iterable[_Event], began: datetime | None) -> list[tuple[str, str, timedelta]]:
    stages: list[tuple[str, str, timedelta]] = []
    state, since = ASKED, began
    for event in events:
        now = event.facts["data"].get("state")
        if event.facts["source"] == _NEED and since is not None and now != state:
            stages.append((state, str(now), event.at - since))
            state, since = str(now), event.at
    return stages


def _find_kind(cause: str) -> str:
    if cause.startswith("timer:"):
        return "reminder"
    return "event" if cause.startswith("/") else "command"


def _read_time(event: EventFacts) -> datetime:
    return datetime.fromisoformat(event["time"])


def _to_ms(span: timedelta | None) -> float | None:
    return None if span is None else round(span / timedelta(milliseconds=1), 3)
