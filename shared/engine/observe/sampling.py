"""Sampling: numbers that are read from time to time, not counted by message: queues, outbox, timers and censuses.

The sampler runs beside the loop, on connections of its own. Each sample is bounded, and the longer the censuses take,
the less often they are counted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from threading import Event
from time import monotonic
from typing import Final

import amqp
from prometheus_client import Gauge
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect, keep_alive
from shared.engine.amqp.depth import read_depth
from shared.engine.amqp.topology import QueuePlan, plan
from shared.engine.decide.schema import Document
from shared.engine.observe.census import Census
from shared.engine.store.audit_blocks import AuditBlocks
from shared.engine.store.letters import LETTER_STATES, Letters
from shared.engine.store.outbox import Outbox
from shared.engine.store.timers import Timers
from shared.runtime.audit import time_of
from shared.runtime.clock import Clock
from shared.runtime.logging import describe, get_logger
from shared.runtime.metrics import SampledMetrics

SAMPLE_SECONDS: Final = 5.0
"""The pause between two samples."""
CENSUS_SECONDS: Final = 15.0
"""The shortest time between two counts of the censuses."""
CENSUS_PART: Final = 50
"""Censuses take at most this part, a fiftieth, of the time: after one of a second the next comes 50 seconds later."""


class Sampler:
    """Samples the numbers of one service: `run` until `stop`."""

    def __init__(
        self, service: str, uri: str, database: Database[Document], clock: Clock,
        censuses: Sequence[Census] = (),
    ) -> None:  # fmt: skip
        self._service = service
        self._uri = uri
        self._database = database
        self._clock = clock
        self._censuses = censuses
        self._outbox, self._timers, self._letters = Outbox(database), Timers(database), Letters(database)
        self._audit = AuditBlocks(database, service)
        self._metrics = SampledMetrics(service)
        self._queues = [q for q in plan() if q.name.partition(".")[0] == service]
        self._connection: amqp.Connection | None = None
        self._shown: dict[str, set[str]] = {}
        self._next_census = 0.0
        self._stopping = Event()

    def run(self) -> None:
        """Sample and pause until stopped. A server that does not answer does not end it."""
        while not self._stopping.is_set():
            self.sample()
            self._stopping.wait(SAMPLE_SECONDS)
        close_quietly(self._connection)

    def stop(self) -> None:
        """End `run` after the sample at hand."""
        self._stopping.set()

    def sample(self) -> None:
        """Sample each source once; one that does not answer keeps its last numbers, and their time."""
        sources = (("broker", self._sample_queues), ("store", self._sample_store), ("lists", self._count))
        for source, sample in sources:
            try:
                if sample():
                    self._metrics.mark_sampled(source)
            except (*BROKER_ERRORS, BrokerUnreachableError, PyMongoError) as error:
                get_logger().warning("sample_failed", source=source, error=describe(error))
                if source == "broker":  # the next sample connects again
                    close_quietly(self._connection)
                    self._connection = None

    def _sample_queues(self) -> bool:
        if self._connection is None:
            self._connection = connect(self._uri, f"{self._service} sampler")
        keep_alive(self._connection)
        with self._connection.channel() as channel:  # a missing queue closes the channel, not the connection
            for queue in self._queues:
                self._sample_queue(channel, queue)
        return True

    def _sample_queue(self, channel: amqp.Channel, queue: QueuePlan) -> None:
        messages, consumers = read_depth(channel, queue.name)
        limit = queue.arguments["x-max-length"]
        self._metrics.queue(queue.name, queue.kind, messages=messages, consumers=consumers, limit=limit)

    def _sample_store(self) -> bool:
        now = self._clock.city()
        events, oldest = self._outbox.measure_backlog()
        self._metrics.outbox_events.set(events)
        self._metrics.outbox_age.set(_age(oldest, self._clock.machine()))
        due, since = self._timers.count_overdue(now)
        self._metrics.timers_due.set(due)
        self._metrics.timers_late.set(_age(since, now))
        self._metrics.timers_failing.set(self._timers.count_failing())
        self._sample_letters()
        self._sample_audit(now)
        return True

    def _sample_audit(self, now: datetime) -> None:
        number, oldest = self._audit.measure()
        self._metrics.audit_block.set(number)
        self._metrics.audit_open.set(_age(None if oldest is None else time_of(oldest), now))

    def _sample_letters(self) -> None:
        now = self._clock.machine()
        for queue in (q.name for q in self._queues if q.kind == "main"):
            for state in LETTER_STATES:
                count, since = self._letters.measure(queue, state)
                self._metrics.letters(queue, state, count, _age(since, now))

    def _count(self) -> bool:
        started = monotonic()
        if started < self._next_census:
            return False  # not yet: the numbers of the last count stay
        try:
            for census in self._censuses:
                self._show(census, census.count(self._database, self._clock.city()))
        finally:
            took = monotonic() - started
            self._next_census = monotonic() + max(CENSUS_SECONDS, CENSUS_PART * took)
        return True

    def _show(self, census: Census, found: Mapping[str, float]) -> None:
        gauge = _gauge(census)
        shown = self._shown.setdefault(census.name, set())
        # A value that is no longer counted is set to 0: its last number would stay for ever.
        for value in shown | found.keys():
            labels = (self._service, value) if census.label else (self._service,)
            gauge.labels(*labels).set(found.get(value, 0))
        shown.update(found)  # in place: `|=` with the view of a dict makes another set


@cache  # prometheus_client registers a name once, and a process may have several samplers in tests
def _gauge(census: Census) -> Gauge:
    return Gauge(census.name, census.documentation, ("service", census.label) if census.label else ("service",))


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
