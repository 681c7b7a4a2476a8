"""Counting the messages of a committed batch: once for all of them, because each single observation costs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from shared.contracts.access import Decision
from shared.contracts.messages import Command
from shared.contracts.refusals import Refused
from shared.engine.decide.access import UnreachedError
from shared.engine.decide.batch import Outcome
from shared.engine.decide.incoming import Incoming
from shared.runtime.logging import get_logger
from shared.runtime.metrics import UNREACHED, EngineMetrics, count_refused
from shared.runtime.metrics import Outcome as OutcomeLabel

_REASONS: Final = {
    "permission_missing": Decision.LACKS_PERMISSION.value,
    "area_elsewhere": Decision.OUTSIDE_AREA.value,
}


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
        if outcome is not None and outcome.refusal is not None:
            _note_refused(metrics.service, message, outcome.refusal)
    metrics.count_batch(counts)
    for realm, seconds in lags.items():
        metrics.lag(realm, seconds)


def _note_refused(service: str, message: Incoming[object], refusal: Refused) -> None:
    """Log and count an attempt beyond the actor's permissions or area. The audit records successful acts only."""
    if isinstance(refusal, UnreachedError):
        reason = UNREACHED
    elif refusal.code == "not_allowed":
        reason = _REASONS.get(refusal.rule, refusal.rule)
    else:
        return
    if not isinstance(message.data, Command):
        return
    permission = message.data.permission
    count_refused(service, permission, reason)
    get_logger().warning(
        "access_refused", actor=message.actor.id, type=message.type, permission=permission, reason=reason
    )
