"""The life of a service's consumer: connect, take what is waiting, process, acknowledge; until told to stop."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event
from time import monotonic
from typing import Final

import amqp
from pymongo import MongoClient
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
from shared.engine.run.processor import Processor
from shared.engine.run.service import ServiceSpec
from shared.engine.store.commit import Document, StoreUnreachableError
from shared.engine.store.replicas import Replicas
from shared.engine.store.timers import POLL_SECONDS
from shared.runtime.control import Control
from shared.runtime.logging import describe, get_logger
from shared.runtime.settings import ServiceSettings

MAX_BATCH_BYTES: Final = 4 * 1024 * 1024
BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
SWEEP_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 2.0
MONGO_SECONDS: Final = 3
SOCKET_SECONDS: Final = 20
"""A store that says nothing for so long, in each of PyMongo's tries, may cost the broker's connection as well: once,
because nothing is taken again before the store answers.
"""

Deal = Callable[[Sequence[Delivery], Sequence[Document]], None]
"""Process a batch; the nameko entrypoint runs it in one of nameko's workers."""


def utc_now() -> datetime:
    """The clock, in the milliseconds that MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def open_store(settings: ServiceSettings, service: str) -> Database[Document]:
    """The service's own database; connects when first used."""
    client: MongoClient[Document] = MongoClient(
        settings.mongo_uri,
        tz_aware=True,
        appname=f"lianshan-{service}",
        serverSelectionTimeoutMS=MONGO_SECONDS * 1000,
        connectTimeoutMS=MONGO_SECONDS * 1000,
        socketTimeoutMS=SOCKET_SECONDS * 1000,
    )
    return client[settings.database_name(service)]


class Loop:
    """One consumer for all the queues of a service, so that its own batches never get in each other's way."""

    def __init__(self, spec: ServiceSpec, settings: ServiceSettings, database: Database[Document]) -> None:
        self.processor = Processor(spec, database, utc_now, self._pause)
        self._spec = spec
        self._database = database
        self._settings = settings
        self._stopping = Event()
        self._consumer: Consumer | None = None
        self._control = Control(database)
        self._replicas = Replicas(database, spec.share) if spec.share is not None else None
        self._resting = False
        self._connections: list[amqp.Connection] = []
        self._log = get_logger()
        self._troubles = 0
        self._next_sweep = self._next_beat = self._next_timers = 0.0

    @property
    def ready(self) -> bool:
        """Whether it is connected and taking messages, or would be but for its pause."""
        return self._consumer is not None or self._resting

    @property
    def paused(self) -> bool:
        """Whether it rests because an operator has paused the service."""
        return self._resting

    def stop(self) -> None:
        """Finish the batch at hand, then return from `run`."""
        self._stopping.set()

    def run(self, deal: Deal | None = None) -> None:
        """Serve until stopped, whatever the servers do. `deal` is what processes a batch."""
        deal = deal or self.processor.process
        while not self._stopping.is_set():
            try:
                self._connect()
                if self._control.paused:
                    self._rest()
                else:
                    self._serve(deal)
            except (*BROKER_ERRORS, BrokerUnreachableError, PyMongoError) as error:
                self._trouble("broker_or_store_lost", error)
            finally:
                self._disconnect()
        self._leave()

    # ---- serving --------------------------------------------------------------------------------------------

    def _serve(self, deal: Deal) -> None:
        assert self._consumer is not None, "connected before serving"
        self._next_sweep = 0.0
        while not self._stopping.is_set() and not self._control.paused:
            deliveries = self._take()
            rows = self._due_timers(len(deliveries))
            if deliveries or rows:
                self._deal_to_the_end(deal, deliveries, rows)
                self._consumer.ack(deliveries)
                self._troubles = 0
            self._tick()

    def _rest(self) -> None:
        """Nothing is taken and no timer fires until resumed; what is committed is still published."""
        self._resting = True
        self._log.info("paused")
        while not self._stopping.is_set() and self._control.paused:
            self._pause(POLL_SECONDS)
            self._tick()
        self._log.info("resumed")

    def _take(self) -> list[Delivery]:
        assert self._consumer is not None, "connected before serving"
        if self.processor.unpublished:
            # The broker would not take something: nothing new is begun until it has.
            self._pause(POLL_SECONDS)
            return []
        return self._consumer.take(self._settings.batch_limit, MAX_BATCH_BYTES, POLL_SECONDS)

    def _due_timers(self, taken: int) -> list[Document]:
        if monotonic() < self._next_timers:
            return []
        limit = max(1, self._settings.batch_limit - taken)
        try:
            rows = self.processor.timers.due(utc_now(), limit)
        except PyMongoError as error:
            self._trouble("store_unreachable", error)
            return []
        # A full page means more are waiting; otherwise nothing falls due sooner than the next look.
        self._next_timers = 0.0 if len(rows) == limit else monotonic() + POLL_SECONDS
        return rows

    def _deal_to_the_end(self, deal: Deal, deliveries: Sequence[Delivery], rows: Sequence[Document]) -> None:
        """A store that is away is waited for with the batch in hand: giving it back would count as a failed try."""
        while True:
            try:
                deal(deliveries, rows)
            except (StoreUnreachableError, PyMongoError) as error:
                if self._stopping.is_set():
                    raise OSError("stopping while MongoDB is away; the messages go back to their queues") from error
                self._trouble("store_unreachable", error)
                self._beat()
                rows = []
            else:
                return

    def _tick(self) -> None:
        if self._stopping.is_set():
            return
        now = monotonic()
        if now >= self._next_beat:
            self._beat()
            self._next_beat = now + HEARTBEAT_SECONDS
        if now >= self._next_sweep:
            self._sweep()
            self._next_sweep = monotonic() + SWEEP_SECONDS

    def _beat(self) -> None:
        for connection in self._connections:
            keep_alive(connection)

    def _sweep(self) -> None:
        # Messages may be in hand: a store that is away must not cost them a delivery.
        try:
            self._look()
            self._sweep_once()
        except PyMongoError as error:
            self._trouble("store_unreachable", error)

    def _look(self) -> None:
        self.processor.metrics.paused.set(self._control.look())
        if self._replicas is not None and not self._control.paused:
            self._replicas.look()

    def _leave(self) -> None:
        if self._replicas is not None:
            with suppress(PyMongoError):  # then it counts for some seconds more
                self._replicas.leave()

    def _sweep_once(self) -> None:
        publisher, processor = self.processor.publisher, self.processor
        assert publisher is not None, "connected before serving"
        swept = processor.outbox.sweep(publisher, utc_now())
        if swept:
            self._log.info("outbox_swept", rows=swept)
        if processor.unpublished:
            processor.unpublished = processor.outbox.still_there(processor.unpublished)

    # ---- connecting -----------------------------------------------------------------------------------------

    def _connect(self) -> None:
        # Nothing is taken from a queue while there is no store to commit to: giving it back counts as a failed try.
        self._look()
        name, uri = self._spec.name, self._settings.amqp_uri
        self._connections = [connect(uri, f"{name} publisher")]
        self.processor.publisher = Publisher(self._connections[0])
        if self._control.paused:
            return
        self._connections.append(connect(uri, f"{name} consumer"))
        prefetch = max(self._settings.prefetch, self._settings.batch_limit)
        self._consumer = Consumer(self._connections[1], self._spec.queues, prefetch)
        self._log.info("consuming", queues=self._spec.queues)

    def _disconnect(self) -> None:
        self._consumer = None
        self._resting = False
        self.processor.publisher = None
        for connection in self._connections:
            close_quietly(connection)
        self._connections = []

    def _trouble(self, what: str, error: Exception) -> None:
        self._log.warning(what, error=describe(error), tries=self._troubles + 1)
        self._pause(BACKOFF_SECONDS[min(self._troubles, len(BACKOFF_SECONDS) - 1)])
        self._troubles += 1

    def _pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)
