"""What an operator watches. Labels name services, message types and outcomes: few, and never personal."""

from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

Outcome = Literal["done", "refused", "repeated", "ignored", "retried", "dead"]

_MESSAGES: Final = Counter("lianshan_messages", "Messages that were dealt with.", ("service", "type", "outcome"))
_BATCH: Final = Histogram(
    "lianshan_batch_messages",
    "Messages that were decided together.",
    ("service",),
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)
_SECONDS: Final = Histogram(
    "lianshan_stage_seconds",
    "Seconds that a batch spent in each stage.",
    ("service", "stage"),
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10),
)
_CONFLICTS: Final = Counter(
    "lianshan_conflicts", "Batches decided anew because another replica was first.", ("service",)
)
_RETRIES: Final = Counter("lianshan_retries", "Messages that failed and were put back for later.", ("service",))
_DEAD: Final = Counter("lianshan_dead_letters", "Messages given up and kept as dead letters.", ("service",))
_PUBLISHED: Final = Counter("lianshan_events_published", "Events that the broker has confirmed.", ("service",))
_OUTBOX: Final = Gauge(
    "lianshan_outbox_age_seconds",
    "Age of the oldest event that is committed but not confirmed.",
    ("service",),
)


class EngineMetrics:
    """One service's children of the metrics, looked up once."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._messages: dict[tuple[str, Outcome], Counter] = {}
        self.batch = _BATCH.labels(service)
        self.decide = _SECONDS.labels(service, "decide")
        self.commit = _SECONDS.labels(service, "commit")
        self.publish = _SECONDS.labels(service, "publish")
        self.conflicts = _CONFLICTS.labels(service)
        self.retries = _RETRIES.labels(service)
        self.dead_letters = _DEAD.labels(service)
        self.published = _PUBLISHED.labels(service)
        self.outbox_age = _OUTBOX.labels(service)

    def count(self, message_type: str, outcome: Outcome, messages: int = 1) -> None:
        """Count messages of one known type; give unknown types as `unknown`, so that labels stay few."""
        key = (message_type, outcome)
        child = self._messages.get(key)
        if child is None:
            child = self._messages[key] = _MESSAGES.labels(self._service, message_type, outcome)
        child.inc(messages)
