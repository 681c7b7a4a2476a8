"""The path of a need: its events as a tree of causes, how long each step took, and why each was decided so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from deploy.lianshan.need_path.asking import Known
from deploy.lianshan.need_path.reasons import reasons
from shared.contracts.traceparent import read
from shared.engine.decide.unit_of_work import time_of_id

LONGEST_ASKING: Final = timedelta(hours=1)
"""A command is answered within seconds: an id that is older than its first event by more was not made for it."""
_NEED: Final = "/stations/need"
_TOLD: Final = (
    "id", "state", "area", "urgency", "severity", "score", "score_parts", "waiting", "resources", "staffing",
)  # fmt: skip

Json = dict[str, Any]


@dataclass
class Step:
    """One event: who said it, how long after its cause (None where that is not known), and why."""

    cursor: int
    type: str
    at: datetime
    since_began: timedelta
    after_cause: timedelta | None
    reasons: list[str]
    trace_id: str
    next: list["Step"] = field(default_factory=list)

    def to_json(self) -> Json:
        """As `--json` prints it."""
        return {
            "type": self.type, "service": self.type.partition(".")[0], "at": self.at.isoformat(),
            "cursor": self.cursor, "since_began_ms": _ms(self.since_began), "after_cause_ms": _ms(self.after_cause),
            "trace_id": self.trace_id, "reasons": self.reasons, "next": [step.to_json() for step in self.next],
        }  # fmt: skip


@dataclass
class Origin:
    """What began a part of the path: a command, a reminder, or an event about something else."""

    kind: str
    id: str
    steps: list[Step] = field(default_factory=list)

    def to_json(self) -> Json:
        """As `--json` prints it."""
        return {"kind": self.kind, "id": self.id, "steps": [step.to_json() for step in self.steps]}


@dataclass
class Path:
    """All of it."""

    need: Json
    began: datetime | None
    stages: list[tuple[str, str, timedelta]]
    origins: list[Origin]
    dispatches: list[Json]
    notes: list[str]

    def to_json(self) -> Json:
        """As `--json` prints it."""
        return {
            **{name: self.need[name] for name in _TOLD if name in self.need},
            "began": self.began.isoformat() if self.began else None,
            "stages": [{"from": a, "to": b, "ms": _ms(took)} for a, b, took in self.stages],
            "origins": [origin.to_json() for origin in self.origins],
            "dispatches": self.dispatches,
            "notes": self.notes,
        }  # fmt: skip


def path_of(known: Known) -> Path:
    """The path, from what the gateway knows."""
    events = [{**item["event"], "cursor": item["cursor"]} for item in known.items]
    events.sort(key=lambda event: (_at(event), event["cursor"]))
    began = _began(known.need["id"], events)
    steps = _steps(known.need, events, began) if began else {}
    return Path(known.need, began, _stages(events, began), _origins(events, steps), known.dispatches, known.notes)


def _began(need_id: str, events: Sequence[Json]) -> datetime | None:
    """When the gateway was asked, which the id tells; else when the first event happened."""
    if not events:
        return None
    first = min(_at(event) for event in events)
    asked = time_of_id(need_id)
    return asked if asked is not None and first - LONGEST_ASKING < asked <= first else first


def _steps(need: Json, events: Sequence[Json], began: datetime) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    said: dict[str, Json] = {}
    for event in events:
        place = read(event["traceparent"])
        steps[_key(event)] = Step(
            cursor=event["cursor"], type=event["type"], at=_at(event), since_began=_at(event) - began,
            after_cause=None,
            reasons=reasons(event["type"], event["data"], said.get(event["source"]), need),
            trace_id=place.trace_id if place else "",
        )  # fmt: skip
        said[event["source"]] = event["data"]
    return steps


def _origins(events: Sequence[Json], steps: Mapping[str, Step]) -> list[Origin]:
    """What began it all, each with what followed; a step hangs beneath the one that caused it, wherever that is."""
    origins: dict[str, Origin] = {}
    for event in events:
        step, cause = steps[_key(event)], event["causationid"]
        if cause in steps:
            step.after_cause = step.at - steps[cause].at
            steps[cause].next.append(step)
            continue
        origin = origins.setdefault(cause, Origin(_kind(cause), cause))
        origin.steps.append(step)
        if event is events[0] and origin.kind == "command":
            step.after_cause = step.since_began
    return list(origins.values())


def _stages(events: Iterable[Json], began: datetime | None) -> list[tuple[str, str, timedelta]]:
    stages: list[tuple[str, str, timedelta]] = []
    state, since = "asked", began
    for event in events:
        if event["source"] == _NEED and since is not None and event["data"]["state"] != state:
            stages.append((state, event["data"]["state"], _at(event) - since))
            state, since = event["data"]["state"], _at(event)
    return stages


def _kind(cause: str) -> str:
    if cause.startswith("timer:"):
        return "reminder"
    return "event" if cause.startswith("/") else "command"


def _key(event: Json) -> str:
    return f"{event['source']}#{event['id']}"


def _at(event: Json) -> datetime:
    return datetime.fromisoformat(event["time"])


def _ms(span: timedelta | None) -> float | None:
    return None if span is None else round(span / timedelta(milliseconds=1), 3)
