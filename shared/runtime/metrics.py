"""The metrics for operators. Labels name services, message types and outcomes: few, and never personal.

Every replica of a service shows the same numbers of everything that the replicas share (queues, outbox, censuses): take
their `max by (service, …)`, and sum only the counters of each process.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Final, Literal

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

Outcome = Literal["decided", "refused", "repeated", "ignored", "expired", "retried", "dead_lettered"]

UNKNOWN: Final = "unknown"
"""The label of all message types that no handler or contract knows, so that a sender cannot make labels."""
LAG_BUCKETS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper bounds in seconds."""

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
_PUBLISHED: Final = Counter("lianshan_events_published", "Events that the broker has confirmed.", ("service", "type"))
_OUTBOX_AGE: Final = Gauge(
    "lianshan_outbox_age_seconds", "Age of the oldest event that is committed but not confirmed.", ("service",)
)
_OUTBOX: Final = Gauge("lianshan_outbox_events", "Events that are committed but not confirmed.", ("service",))
_OUTBOX_USED: Final = Gauge(
    "lianshan_outbox_used_ratio", "Bytes in the outbox, as a part of its budget; at 0.8 the door closes.", ("service",)
)
_DOOR_CLOSED: Final = Gauge(
    "lianshan_door_closed", "Whether commands are refused to keep room for accepted ones: 1 or 0.", ("service",)
)
_MISSING: Final = Gauge(
    "lianshan_events_missing", "Whether events that the queue may have dropped are being fetched: 1 or 0.", ("service",)
)
_LOST: Final = Gauge("lianshan_events_lost", "Whether the log lacked events that the queue had dropped.", ("service",))
_FETCHED: Final = Counter("lianshan_events_fetched", "Events read again from the log of events.", ("service",))
_TIMERS_DUE: Final = Gauge("lianshan_timers_due", "Timers that are due and have not fired.", ("service",))
_TIMERS_LATE: Final = Gauge("lianshan_timers_late_seconds", "How long the most overdue timer is due.", ("service",))
_TIMERS_FAILING: Final = Gauge(
    "lianshan_timers_failing", "Timers that have failed and wait for another try.", ("service",)
)
_AUDIT_OPEN: Final = Gauge(
    "lianshan_audit_open_seconds", "Age of the oldest row of the audit that is in no block yet.", ("service",)
)
_AUDIT_BLOCK: Final = Gauge("lianshan_audit_block", "Number of the last block of the audit.", ("service",))
_LETTERS: Final = Gauge(
    "lianshan_letters", "Messages that failed: waiting for another try, or dead.", ("service", "queue", "state")
)
_LETTERS_AGE: Final = Gauge(
    "lianshan_letters_oldest_seconds",
    "How long the first of them is due for its next try, or has been a dead letter.",
    ("service", "queue", "state"),
)
_QUEUE: Final = Gauge(
    "lianshan_queue_messages", "Messages in a queue that no consumer has taken yet.", ("service", "queue", "kind")
)
_QUEUE_LIMIT: Final = Gauge(
    "lianshan_queue_limit_messages", "Messages that a queue takes at most.", ("service", "queue", "kind")
)
_CONSUMERS: Final = Gauge("lianshan_queue_consumers", "Consumers of a queue.", ("service", "queue"))
_SAMPLED: Final = Gauge(
    "lianshan_sampled_timestamp_seconds", "When the numbers of that source were last read.", ("service", "source")
)
_RETIRED: Final = Counter("lianshan_retired", "Things deleted because of their age, by category.", ("category",))
_PAUSED: Final = Gauge("lianshan_paused", "Whether an operator has paused the service: 1 or 0.", ("service",))
_RESTING: Final = Gauge(
    "lianshan_resting", "Whether the service rests because of its store's trouble: 1 or 0.", ("service",)
)
_READY: Final = Gauge("lianshan_ready", "Whether a readiness check passes: 1 or 0.", ("service", "check"))

_SKEW: Final = Gauge(
    "lianshan_clock_skew_seconds", "How far the clock of the process's host is ahead of MongoDB's.", ("service",)
)

UNREACHED: Final = "unreached"
_ACCESS_REFUSED: Final = Counter(
    "lianshan_access_refused",
    "Attempts that the table of permissions and areas refused; they leave no audit row.",
    ("service", "permission", "reason"),
)


def count_refused(service: str, permission: str, reason: str) -> None:
    """Count an attempt that was refused.

    `reason` is `lacks_permission`, `outside_area` for an area named, `unreached` for an id that names nothing within
    the actor's area, or the rule that refuses the actor, as `own_act`.
    """
    _ACCESS_REFUSED.labels(service, permission, reason).inc()


class LagHistogram(Collector):
    """Seconds from a message's time until it was applied, observed for whole batches.

    prometheus_client's own histogram takes a lock and walks all buckets for each observation; here a message costs one
    search in a short list.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], list[int]] = {}
        self._sums: dict[tuple[str, str], float] = {}

    def observe(self, service: str, realm: str, seconds: Iterable[float]) -> None:
        """Add the messages of one batch. A negative lag, where this clock runs behind the sender's, counts as none."""
        # One slot for each bound, and one for everything above the last.
        counts = self._counts.setdefault((service, realm), [0] * (len(LAG_BUCKETS) + 1))
        total = 0.0
        for lag in seconds:
            counts[bisect_left(LAG_BUCKETS, lag)] += 1
            total += max(0.0, lag)
        self._sums[service, realm] = self._sums.get((service, realm), 0.0) + total

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """Yield the histogram as prometheus_client exposes it."""
        family = HistogramMetricFamily(
            "lianshan_lag_seconds",
            "Seconds from when an event happened, a command was sent or a timer was due until it was applied.",
            labels=("service", "realm"),
        )
        bounds = [*map(str, LAG_BUCKETS), "+Inf"]
        # A copy of the items: another thread may observe a new realm meanwhile.
        for (service, realm), counts in list(self._counts.items()):
            # Prometheus' buckets are cumulative.
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            family.add_metric([service, realm], buckets, self._sums.get((service, realm), 0.0))
        yield family


_LAG: Final = LagHistogram()
REGISTRY.register(_LAG)


class EngineMetrics:
    """The metrics of one service, their labels looked up once. `types` are the message types that become labels."""

    def __init__(self, service: str, types: Iterable[str] = ()) -> None:
        self.service = service
        self._types = frozenset(types)
        self._messages: dict[tuple[str, Outcome], Counter] = {}
        self._published: dict[str, Counter] = {}
        self.batch = _BATCH.labels(service)
        self.load = _SECONDS.labels(service, "load")
        self.decide = _SECONDS.labels(service, "decide")
        self.commit = _SECONDS.labels(service, "commit")
        self.publish = _SECONDS.labels(service, "publish")
        self.conflicts = _CONFLICTS.labels(service)
        self.retries = _RETRIES.labels(service)
        self.dead_letters = _DEAD.labels(service)
        self.paused = _PAUSED.labels(service)
        self.resting = _RESTING.labels(service)
        self.missing = _MISSING.labels(service)
        self.lost = _LOST.labels(service)
        self.fetched = _FETCHED.labels(service)
        self.outbox_used = _OUTBOX_USED.labels(service)
        self.door_closed = _DOOR_CLOSED.labels(service)

    def count(self, message_type: str, outcome: Outcome, messages: int = 1) -> None:
        """Count messages of one type; of an unknown type as `unknown`, so that labels stay few."""
        key = (message_type if message_type in self._types else UNKNOWN, outcome)
        child = self._messages.get(key)
        if child is None:
            child = self._messages[key] = _MESSAGES.labels(self.service, *key)
        child.inc(messages)

    def count_batch(self, counts: Mapping[tuple[str, Outcome], int]) -> None:
        """Count a batch by message type and outcome."""
        for (message_type, outcome), messages in counts.items():
            self.count(message_type, outcome, messages)

    def count_published(self, counts: Mapping[str, int]) -> None:
        """Count events of the service that the broker has confirmed, by type."""
        for event_type, events in counts.items():
            child = self._published.get(event_type)
            if child is None:
                child = self._published[event_type] = _PUBLISHED.labels(self.service, event_type)
            child.inc(events)

    def lag(self, realm: str, seconds: Sequence[float]) -> None:
        """Observe the lags in seconds of a batch's messages of one realm."""
        _LAG.observe(self.service, realm, seconds)


def count_retired(category: str, things: int) -> None:
    """Count things that were deleted because of their age."""
    _RETIRED.labels(category).inc(things)


class SampledMetrics:
    """The gauges that are sampled from time to time, see `shared.engine.observe.sampling`."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.outbox_age = _OUTBOX_AGE.labels(service)
        self.outbox_events = _OUTBOX.labels(service)
        self.timers_due = _TIMERS_DUE.labels(service)
        self.timers_late = _TIMERS_LATE.labels(service)
        self.timers_failing = _TIMERS_FAILING.labels(service)
        self.audit_open = _AUDIT_OPEN.labels(service)
        self.audit_block = _AUDIT_BLOCK.labels(service)

    def queue(self, name: str, kind: str, *, messages: int, consumers: int, limit: int) -> None:
        """Set the gauges of a queue. Only a `main` queue has consumers to show."""
        labels = (self._service, name, kind)
        _QUEUE.labels(*labels).set(messages)
        if kind == "main":
            _CONSUMERS.labels(self._service, name).set(consumers)
        _QUEUE_LIMIT.labels(*labels).set(limit)

    def letters(self, queue: str, state: str, count: int, age: float) -> None:
        """Set the gauges of the messages that came from a queue and failed; `age` in seconds."""
        _LETTERS.labels(self._service, queue, state).set(count)
        _LETTERS_AGE.labels(self._service, queue, state).set(age)

    def mark_sampled(self, source: str) -> None:
        """Record that all numbers of that source have just been read."""
        _SAMPLED.labels(self._service, source).set_to_current_time()


def show_readiness(process: str, wrong: Mapping[str, str], checks: Iterable[str]) -> None:
    """Set the gauge of each readiness check of a process; checks that are not in `wrong` pass."""
    for check in checks:
        _READY.labels(process, check).set(check not in wrong)


def show_door(service: str, *, closed: bool) -> None:
    """Set the gauge of a door that is not the engine's."""
    _DOOR_CLOSED.labels(service).set(closed)


def show_skew(process: str, seconds: float) -> None:
    """Set the gauge of the lead of this host's clock over the store's."""
    _SKEW.labels(process).set(seconds)
