"""Counting the messages of a committed batch: once for all of them, because each single observation costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.engine.decide.batch import Outcome
from shared.engine.decide.incoming import Incoming
from shared.runtime.metrics import EngineMetrics
from shared.runtime.metrics import Outcome as OutcomeLabel


def count_committed(
    metrics: EngineMetrics, messages: Sequence[Incoming[object]], outcomes: Mapping[str, Outcome], applied: datetime
) -> None:
    """Count committed messages by type and outcome, and observe the seconds from their time until `applied` (UTC)."""
    counts: Counter[tuple[str, OutcomeLabel]] = Counter()
    lags: dict[str, list[float]] = {}
    for message in messages:
        outcome = outcomes.get(message.key)
        counts[message.type, "ignored" if outcome is None else "refused" if outcome.refusal else "decided"] += 1
        lags.setdefault(message.realm, []).append((applied - message.time).total_seconds())
    metrics.count_batch(counts)
    for realm, seconds in lags.items():
        metrics.lag(realm, seconds)
