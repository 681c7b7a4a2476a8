"""Needs in reports: registered, published, by state and by end, and the time from one state to the next."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from pydantic import Field

from services.gateway.features.reports.counting import Figure, Kept, ReportRow, Table, follow
from services.gateway.features.reports.periods import day_of
from services.gateway.features.reports.spread import minutes_between
from services.gateway.projection.view import instant
from shared.contracts.stations.amending import NeedAmended, NeedEdited
from shared.contracts.stations.assessing import AssessmentOverdue, NeedAssessed
from shared.contracts.stations.need_merging import NeedMerged
from shared.contracts.stations.needs import (
    ConfirmationUndone,
    NeedCancelled,
    NeedConfirmed,
    NeedEvaluated,
    NeedExtended,
    NeedOverdue,
    NeedPublished,
    NeedReady,
    NeedRegistered,
    NeedReopened,
    NeedServed,
    NeedSnapshot,
    NeedUnmet,
    ServiceBegun,
)
from shared.contracts.stations.reopening import EndUndone
from shared.engine import Incoming

MOST_STEPS: Final = 60
"""Events of one need whose order is kept apart; of more, the oldest that repeat a state go."""
RANKS: Final[Mapping[str, int]] = {
    "draft": 0, "assessed": 0, "published": 1, "ready": 2, "in_service": 3, "served": 4, "confirmed": 5,
    "partly_served": 5, "evaluated": 5, "cancelled": 6, "unmet": 6,
}  # fmt: skip
"""States in the order of a need's way. A state that this release does not know is passed over."""
_CONFIRMED: Final = RANKS["confirmed"]
_ENDS: Final[Mapping[str, str]] = {"cancelled": "cancelled", "unmet": "unmet", "partly_served": "partly_served"}
SPANS: Final[Mapping[str, tuple[str, str]]] = {
    "registered_published": ("registered", "published"),
    "published_ready": ("published", "ready"),
    "ready_served": ("ready", "served"),
    "served_confirmed": ("served", "confirmed"),
    "published_confirmed": ("published", "confirmed"),
}
"""The durations of which reports show the spread: from one event to another."""


class NeedRow(ReportRow):
    """A need. `steps` are its states by version, `[version, state, instant]`, `facts` those of its newest event."""

    collection: ClassVar[str] = "reports_needs"
    steps: list[tuple[int, str, str]] = Field(default_factory=list)
    facts: dict[str, str] = Field(default_factory=dict)


NEEDS: Final = Table(
    "needs",
    NeedRow,
    (
        Figure("registered", "registered"),
        Figure("published", "published"),
        Figure("state", "registered", by=("state",)),
        Figure("end", "ended", by=("end",)),
        Figure("confirmed", "confirmed"),
        Figure("beneficiaries", "confirmed", adds="beneficiaries"),
        *(Figure(name, to, spread=name) for name, (_, to) in SPANS.items()),
    ),
    "/v1/needs/",
)


def fold(row: NeedRow, message: Incoming[NeedSnapshot]) -> NeedRow:
    """Return the need after the event."""
    data = message.data
    steps = {step[0]: step for step in row.steps} | {data.version: (data.version, data.state, instant(message))}
    changed: dict[str, Any] = {"steps": _bounded(sorted(steps.values()))}
    if data.version > row.seen:
        told = data.model_dump(mode="json", include={"registered_at", "published_at", "merged_into"})
        changed |= {
            "seen": data.version,
            "area": data.area,
            "theme": data.theme,
            "facts": {name: value for name, value in told.items() if value is not None},
            "amounts": {"beneficiaries": data.beneficiaries},
        }
    return derived(row.model_copy(update=changed))


def derived(row: NeedRow) -> NeedRow:
    """Return the need with its days, its labels and its durations, from its steps and facts alone."""
    at = find_instants(row.steps)
    registered = row.facts.get("registered_at") or row.facts.get("published_at") or row.steps[0][2]
    at = {"registered": registered, **at}
    if published := row.facts.get("published_at"):
        at["published"] = published
    state = next((step[1] for step in reversed(row.steps) if step[1] in RANKS), "draft")
    labels = {"state": row.steps[-1][1]}
    if RANKS[state] >= _CONFIRMED:
        labels["end"] = _end_of(row, state)
    amounts = {"beneficiaries": row.amounts["beneficiaries"]}
    for name, (begin, end) in SPANS.items():
        if begin in at and end in at and (minutes := _minutes(at[begin], at[end])) is not None:
            amounts[name] = minutes
    days = {name: day_of(instant_) for name, instant_ in at.items()}
    return row.model_copy(update={"days": days, "labels": labels, "amounts": amounts})


def find_instants(steps: Sequence[tuple[int, str, str]]) -> dict[str, str]:
    """Return when the need came to be ready, served, confirmed and ended, as far as it has not gone back since.

    `steps` are in the order of their versions. A need counts with the last time that it came to a state: one that is
    open again after its end has not ended, and one that has lost its supply is not ready.
    """
    found: dict[str, str] = {}
    for _, state, at in steps:
        rank = RANKS.get(state)
        if rank is None:
            continue
        if rank < _CONFIRMED:
            found.pop("ended", None)
            found.pop("confirmed", None)
        if rank < RANKS["served"]:
            found.pop("served", None)
        if rank < RANKS["ready"]:
            found.pop("ready", None)
        if state in {"ready", "served"}:
            found.setdefault(state, at)
        if rank == _CONFIRMED:
            found.setdefault("confirmed", at)
        if rank >= _CONFIRMED:
            found.setdefault("ended", at)
    return found


def _end_of(row: NeedRow, state: str) -> str:
    """Return the end; an evaluation comes after a confirmation, which says whether all was served."""
    if state == "cancelled" and row.facts.get("merged_into"):
        return "merged"
    if state == "evaluated":
        state = next((step[1] for step in reversed(row.steps) if step[1] in {"confirmed", "partly_served"}), "served")
    return _ENDS.get(state, "served")


def _bounded(steps: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Return the steps, the oldest without those that repeat the state before them where there are too many."""
    while len(steps) > MOST_STEPS:
        repeated = next((nth for nth in range(1, len(steps) - 1) if steps[nth][1] == steps[nth - 1][1]), 1)
        steps = steps[:repeated] + steps[repeated + 1 :]
    return steps


def _minutes(begin: str, end: str) -> int | None:
    return minutes_between(datetime.fromisoformat(begin), datetime.fromisoformat(end))


PROJECTIONS: Final = follow(
    (
        NeedRegistered, NeedEdited, NeedPublished, NeedReady, NeedReopened, ServiceBegun, NeedServed, NeedOverdue,
        NeedExtended, NeedAssessed, AssessmentOverdue, NeedMerged, NeedAmended, NeedConfirmed, ConfirmationUndone,
        NeedEvaluated, NeedCancelled, NeedUnmet, EndUndone,
    ),
    Kept(NEEDS, lambda data: data.need_id, fold),
)  # fmt: skip
