"""The consumer loop of a service: connect, take waiting messages, process, acknowledge; until it is stopped."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Event
from time import monotonic
from typing import Final

import amqp
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.engine.amqp.broker import (
    BROKER_ERRORS,
    BrokerUnreachableError,
    Consumer,
    Delivery,
    Publisher,
    close_quietly,
    connect,
    keep_alive,
)
from shared.engine.amqp.topology import bound_prefetch
from shared.engine.decide.fence import LeaseLostError
from shared.engine.decide.schema import Document
from shared.engine.run.breaker import STORE, Breaker
from shared.engine.run.catch_up import open_catch_up
from shared.engine.run.companion import Companion
from shared.engine.run.door import Door
from shared.engine.run.former_queues import FormerQueues
from shared.engine.run.gathering import Gathering
from shared.engine.run.processor import Processor
from shared.engine.run.service import ServiceSpec
from shared.engine.run.suspects import Suspects
from shared.engine.store.errors import Conflict, StoreUnreachableError
from shared.engine.store.lease import Lease
from shared.engine.store.letters import PAGE
from shared.engine.store.outbox import SWEEP_LIMIT
from shared.engine.store.replicas import Replicas
from shared.engine.store.timers import POLL_SECONDS, TAKEN_TOGETHER
from shared.runtime.clock import Clock
from shared.runtime.control import Control
from shared.runtime.garbage import GarbageCollector
from shared.runtime.logging import describe, get_logger
from shared.runtime.settings import ServiceSettings

MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
"""Bytes of message bodies in a batch, so that its transaction stays well below MongoDB's 48 MB for one command."""
SWEEP_SECONDS: Final = 1.0
"""How often the outbox is swept, the operator's pause is read, and the lease is renewed where there is one."""
CLOCK_SECONDS: Final = 0.2
"""How often a movable clock is read, so that a command that moves it waits less than a second."""
HEARTBEAT_SECONDS: Final = 2.0
"""How often heartbeats are sent and read: four times in the broker's timeout of eight seconds."""
LETTERS_SECONDS: Final = 1.0  # as long as the first of their waits
CONSUMER: Final = "consumer"
"""The lease to take the messages of a service that has a fence."""

ProcessBatch = Callable[[Sequence[Delivery], Sequence[Document]], None]
"""Processes deliveries and timer rows; the nameko entrypoint does so in one of nameko's workers."""


class Loop:
    """One consumer for all queues and timers of a service, so that its own batches never conflict with each other."""

    def __init__(self, spec: ServiceSpec, settings: ServiceSettings, database: Database[Document]) -> None:
        self.clock = Clock(movable=settings.movable_clock)
        self.processor = Processor(spec, database, self.clock, self._pause, settings.events_kept)
        self._spec, self._database, self._settings = spec, database, settings
        self._stopping, self._connections = Event(), list[amqp.Connection]()
        self._consumer: Consumer | None = None
        self._control = Control(database, self.clock, spec.name)
        self._replicas = Replicas(database, spec.share) if spec.share is not None else None
        self._lease = Lease(database, CONSUMER, spec.fence) if spec.fence is not None else None
        self.companions: list[Companion] = [make(database, self.clock) for make in spec.companions]
        self._catch_up = open_catch_up(spec.name, settings, database, self.processor.metrics, self.clock)
        self._door = Door(spec.name, database, settings.outbox_mib, self.processor.metrics)
        self._suspects = Suspects(self.processor, database, self.clock, settings.batch_limit)
        self._former = FormerQueues(spec.queues, database, spec.vault, self.clock)
        self._breaker, self._log = Breaker(self.processor.metrics, self._pause), get_logger()
        self._garbage, self._swept, self._waiting = GarbageCollector(), 0, ""
        self._gathering = Gathering(self._pause, settings.gather_milliseconds / 1000)
        self._next_sweep = self._next_heartbeat = self._next_timers = self._next_refresh = self._next_letters = 0.0

    @property
    def ready(self) -> bool:
        """Whether it is connected and takes messages, or waits as it should."""
        return self._consumer is not None or bool(self._waiting)

    @property
    def status(self) -> str:
        """The state of a ready loop in a word: `ready`, `paused` by an operator, or `standby` for the lease."""
        return self._waiting or "ready"

    @property
    def resting(self) -> str | None:
        """Why it handles no message at the moment, though it is connected; None where it does."""
        return self._breaker.resting

    def stop(self) -> None:
        """Have `run` return after the batch at hand."""
        self._stopping.set()

    def run(self, process: ProcessBatch | None = None) -> None:
        """Serve until stopped; reconnect whenever a server is lost. `process` replaces the processor's own method."""
        process = process or self.processor.process
        while not self._stopping.is_set():
            try:
                self._connect()
                if self._control.paused:
                    self._wait_while("paused")
                elif not self._may_take:
                    self._wait_while("standby")
                else:
                    self._serve(process)
            except LeaseLostError as lost:
                self._log.warning("lease_lost", error=describe(lost))
            except (*BROKER_ERRORS, BrokerUnreachableError, PyMongoError) as error:
                self._breaker.rest("broker_or_store_lost", error)
            finally:
                self._disconnect()
        self._leave()

    def _serve(self, process: ProcessBatch) -> None:
        assert self._consumer is not None, "connected before serving"
        self._next_sweep = self._next_refresh = 0.0
        handle = partial(self._suspects.process, process)

        def apply(missed: Sequence[Delivery]) -> None:
            for part in self._suspects.split(missed):
                self._process_until_stored(handle, part, [])

        while not self._stopping.is_set() and self._state == "ready":
            deliveries = self._take()
            for part in self._suspects.split(self._door.admit(deliveries, self.processor.publisher)):
                self._process_until_stored(handle, part, [])
                self._consumer.ack(part)
                self._tick()
            self._consumer.ack(deliveries)
            self._beside_messages(partial(self._catch_up.step, apply, len(deliveries)))
            # Apart from deliveries: a timer that conflicts or fails holds no message up.
            rows = self._take_due_timers()
            for few in self._suspects.split_timers(rows):
                self._process_until_stored(handle, [], few)
            if deliveries or rows:
                for companion in self.companions:
                    companion.wake()
                self._breaker.recover()
            self._retry_failed(process)
            self._tick()

    def _retry_failed(self, process: ProcessBatch) -> None:
        """Try again the failed messages that are due, in a batch of their own: they do not hold up the others."""
        if monotonic() < self._next_letters:
            return
        try:
            letters = self.processor.letters.claim_due(self.clock.machine())
            self._next_letters = 0.0 if len(letters) == PAGE else monotonic() + LETTERS_SECONDS
            for part in self._suspects.split(letters):
                self._suspects.process(process, part)
        except (StoreUnreachableError, PyMongoError) as error:
            # Those that were claimed are due again when their leases lapse; the messages of the queues come first.
            self._breaker.rest(STORE, error)

    @property
    def _may_take(self) -> bool:
        return self._lease is None or self._lease.held

    @property
    def _state(self) -> str:
        if self._control.paused:
            return "paused"
        return "ready" if self._may_take else "standby"

    def _wait_while(self, state: str) -> None:
        """Take no message and fire no timer while the condition holds; committed events are still published."""
        self._waiting = state
        self._log.info(state)
        while not self._stopping.is_set() and self._state == state:
            self._pause(POLL_SECONDS)
            self._tick()
        self._log.info("resumed")

    def _take(self) -> list[Delivery]:
        assert self._consumer is not None, "connected before serving"
        # No longer than until the next look for timers, which is at once where more may be due.
        wait = min(POLL_SECONDS, max(0.0, self._next_timers - monotonic()))
        return self._gathering.take(self._consumer, self._settings.batch_limit, MAX_BATCH_BYTES, wait)

    def _take_due_timers(self) -> list[Document]:
        if monotonic() < self._next_timers:
            return []
        limit = min(TAKEN_TOGETHER, self._settings.batch_limit)
        try:
            rows = self.processor.timers.take_due(self.clock.city(), limit)
        except PyMongoError as error:
            self._breaker.rest(STORE, error)
            return []
        # Where some were due, more may be; otherwise the next query can wait.
        self._next_timers = 0.0 if rows else monotonic() + POLL_SECONDS
        return rows

    def _process_until_stored(
        self, process: ProcessBatch, deliveries: Sequence[Delivery], rows: Sequence[Document]
    ) -> None:
        """Process a batch; while MongoDB is away keep the batch in hand, because a redelivery counts as a failed try.

        Raises OSError where the loop is stopped in the meantime, LeaseLostError, or an error of BROKER_ERRORS.
        """
        while True:
            try:
                process(deliveries, rows)
            except (StoreUnreachableError, PyMongoError) as error:
                if self._stopping.is_set():
                    raise OSError("stopping while MongoDB is away; the messages go back to their queues") from error
                self._breaker.rest(STORE, error)
                self._send_heartbeats()
                rows = []  # another replica may fire them by now; this one finds them again when they are still due
            else:
                return

    def _tick(self) -> None:
        """Do the work beside messages that is due: heartbeats, the sweep of the outbox, the operator's control."""
        if self._stopping.is_set():
            return
        now = monotonic()
        self.processor.outbox.delete_published(now)
        if now >= self._next_heartbeat:
            self._send_heartbeats()
            self._garbage.collect(now)
            self._next_heartbeat = now + HEARTBEAT_SECONDS
        if now >= self._next_refresh:
            self._beside_messages(self._refresh)
            self._next_refresh = monotonic() + (CLOCK_SECONDS if self.clock.movable else SWEEP_SECONDS)
        if now >= self._next_sweep:
            self._beside_messages(self._sweep_outbox)
            self._next_sweep = monotonic() + (SWEEP_SECONDS if self._swept < SWEEP_LIMIT else 0.0)
            self._beside_messages(lambda: self._former.move(self._connections[0]))

    def _send_heartbeats(self) -> None:
        for connection in self._connections:
            keep_alive(connection)

    def _beside_messages(self, work: Callable[[], object]) -> None:
        # Messages may be prefetched: a store that is away must not cost the connection and them a delivery.
        try:
            work()
        except (Conflict, StoreUnreachableError, PyMongoError) as error:
            self._breaker.rest(STORE, error)

    def _refresh(self) -> None:
        """Read the time, the pause and the number of replicas from the store; renew the lease, but not for a pause."""
        self.processor.metrics.paused.set(self._control.refresh())
        self._breaker.recover_store()
        self._door.measure()
        self.processor.follow_store()
        for part in (self._lease, self._replicas) if not self._control.paused else ():
            if part is not None:
                part.refresh()

    def _leave(self) -> None:
        for part in (self._replicas, self._lease):
            if part is not None:
                with suppress(PyMongoError):  # then this replica counts for some seconds more
                    part.leave()

    def _sweep_outbox(self) -> None:
        assert self.processor.publisher is not None, "connected before serving"
        self._swept = self.processor.outbox.sweep(self.processor.publisher)
        if self._swept:
            self._log.info("outbox_swept", rows=self._swept)

    def _connect(self) -> None:
        # The store first: nothing is taken from a queue while there is no store to commit to.
        self._refresh()
        name, uri = self._spec.name, self._settings.amqp_uri
        # Two connections: in a memory or disk alarm RabbitMQ stops reading from those that publish, and a consumer must
        # still acknowledge then. https://www.rabbitmq.com/docs/alarms
        self._connections = [connect(uri, f"{name} publisher")]
        self.processor.publisher = Publisher(self._connections[0])
        if self._state != "ready":
            return
        self._connections.append(connect(uri, f"{name} consumer"))
        wanted = max(self._settings.prefetch, self._settings.batch_limit)
        self._consumer = Consumer(self._connections[1], {q: bound_prefetch(q, wanted) for q in self._spec.queues})
        self._catch_up.begin(self._connections[0])
        self._log.info("consuming", queues=self._spec.queues)

    def _disconnect(self) -> None:
        self._catch_up.end()
        self.processor.outbox.delete_published()
        self._consumer = self.processor.publisher = None
        for connection in self._connections:
            close_quietly(connection)
        self._waiting, self._connections = "", []

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)
