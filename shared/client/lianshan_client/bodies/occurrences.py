"""Bodies of occurrences: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TypedDict

from ..answers.occurrences import MissedVisitOutcome


class SettleMissedVisitBody(TypedDict):
    """State the outcome of a missed visit. Answers OccurrenceShape."""

    outcome: MissedVisitOutcome
