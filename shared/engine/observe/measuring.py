"""What is counted of a batch: once for all its messages, because each costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.engine.decide.batch import Outcome
from shared.engine.decide.incoming import Incoming
from shared.runtime.metrics import EngineMetrics
from shared.runtime.metrics import Outcome as ResultWord


def measure(
    metrics: EngineMetrics, messages: Sequence[Incoming[Any]], outcomes: Mapping[str, Outcome], applied: datetime
) -> None:
    """Count what was committed by type and outcome, and how long after it happened it was `applied`."""
    counts: Counter[tuple[str, ResultWord]] = Counter()
    lags: dict[str, list[float]] = {}
    for message in messages:
        outcome = outcomes.get(message.key)
        counts[message.type, "ignored" if outcome is None else "refused" if outcome.refusal else "decided"] += 1
        lags.setdefault(message.realm, []).append((applied - message.time).total_seconds())
    metrics.count_batch(counts)
    for realm, seconds in lags.items():
        metrics.lag(realm, seconds)
