"""The engine as nameko extensions.

`Engine` is a DependencyProvider: it holds the settings, the store and the loop. `messages` is an Entrypoint: it runs
the loop in a managed green thread with AMQP connections of its own and passes each batch to one of nameko's workers, so
that all other extensions of the service take part as with any entrypoint.
https://nameko.readthedocs.io/en/stable/writing_extensions.html
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Protocol

from eventlet.event import Event
from nameko.extensions import DependencyProvider, Entrypoint
from pymongo.database import Database

from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.observe.sampling import Sampler
from shared.engine.observe.tracing import open_tracer
from shared.engine.run.loop import Loop, ProcessBatch
from shared.engine.run.queries import QueryRunner
from shared.engine.run.service import ServiceSpec
from shared.engine.run.startup import check_broker, check_clock, check_port, check_start, explaining
from shared.engine.store.opening import open_store
from shared.engine.store.schema_registry import prepare, refused
from shared.engine.store.sealing import follow_sealing
from shared.runtime import failpoints
from shared.runtime.clock import Clock
from shared.runtime.control import measure
from shared.runtime.garbage import keep_loaded
from shared.runtime.health import HealthServer, serve_health
from shared.runtime.settings import ServiceSettings, load

ExcInfo = tuple[type[BaseException], BaseException, TracebackType]
"""As `sys.exc_info` returns it."""


class Finished(Protocol):
    """An eventlet event: one green thread waits for it, another sends a result or an exception."""

    def send(self, result: object = None) -> None: ...
    def send_exception(self, error: BaseException | None) -> None: ...
    def wait(self) -> object: ...


@dataclass(frozen=True)
class EngineHandle:
    """The engine as the methods of a service see it. `settings` are of the class that the Engine was given."""

    database: Database[Document]
    settings: Any
    process: ProcessBatch
    clock: Clock
    answer: Callable[[object], Document]
    """The reply to a query as it arrived, see `shared.engine.run.queries`."""


class Engine(DependencyProvider):
    """The engine of one service: `engine = Engine(CharitySettings, assemble)`."""

    def __init__(
        self, settings_class: type[ServiceSettings], assemble: Callable[[Any], ServiceSpec], **kwargs: object
    ) -> None:
        # nameko makes an extension several times, with the same arguments; `setup` runs once in the bound one.
        self.settings_class = settings_class
        self.assemble = assemble
        self._health: HealthServer | None = None
        self._sampler: Sampler | None = None
        super().__init__(**kwargs)

    def check(self, settings: ServiceSettings) -> None:
        """Check the servers and the port before the start. Raises CannotStartError naming the setting to change."""
        spec = self.assemble(settings)
        check_port("health_port", settings.health_host, settings.health_port)
        check_start(settings, spec.name, spec.queues)

    def refusal(self, settings: ServiceSettings) -> str | None:
        """Return why this release must not work on the store; None also where it is away: `setup` reports that."""
        spec = self.assemble(settings)
        database = open_store(settings, spec.name)
        with database.client:
            return refused(database, spec.name, spec.schemas)

    def setup(self) -> None:
        """Read the settings, prepare the store, check the queues.

        Raises BrokerUnreachableError, CannotStartError or StoreTooNewError.
        """
        self.settings = load(self.settings_class)
        failpoints.arm(self.settings.failpoints)
        self.spec = self.assemble(self.settings)
        self.database = open_store(self.settings, self.spec.name)
        with explaining(self.settings.mongo_uri, self.database.client):
            check_clock(self.database, movable=self.settings.movable_clock)
            prepare(self.database, self.spec)
            follow_sealing(self.database, self.spec.vault)
        check_broker(self.settings.amqp_uri, self.spec.name, self.spec.queues)
        self.loop = Loop(self.spec, self.settings, self.database)
        with explaining(self.settings.mongo_uri, self.database.client):
            measure(self.database, self.loop.clock)  # before anything is dated by it
        clock = self.loop.clock.city
        self.queries = QueryRunner(self.spec.name, self.spec.queries, self.database, clock, self.spec.vault)
        self.loop.processor.tracer = open_tracer(self.settings, self.spec.name)
        keep_loaded()

    def start(self) -> None:
        """Start the health server and, where it may be asked for metrics, the sampler."""
        checks = {"messages": self._check_messages, "store": self._check_store}
        checks |= {companion.name: companion.fault for companion in self.loop.companions}
        self._health = serve_health(self.settings, self.spec.name, checks, self._status)
        if self._health is not None:
            spec, uri = self.spec, self.settings.amqp_uri
            self._sampler = Sampler(spec.name, uri, self.database, self.loop.clock, spec.censuses)
            self.container.spawn_managed_thread(self._sampler.run, identifier=f"{spec.name} sampler")

    def stop(self) -> None:
        """Stop the health server, the sampler and the tracer; nameko has stopped the entrypoints before."""
        if self._health is not None:
            self._health.stop()
        if self._sampler is not None:
            self._sampler.stop()
        self.loop.processor.tracer.stop()
        self.database.client.close()

    kill = stop

    def get_dependency(self, worker_ctx: object) -> EngineHandle:  # noqa: ARG002 - nameko's signature
        """Return the handle, the same for every worker."""
        process = self.loop.processor.process
        return EngineHandle(self.database, self.settings, process, self.loop.clock, self.queries.answer)

    def _check_messages(self) -> str | None:
        return self.loop.resting if self.loop.ready else "not connected to RabbitMQ"

    def _status(self) -> str:
        return self.loop.status

    def _check_store(self) -> str | None:
        self.database.command("ping")
        return None


class BatchEntrypoint(Entrypoint):
    """Calls the decorated method once a batch, with its deliveries and timer rows."""

    def setup(self) -> None:
        """Find the service's engine. Raises RuntimeError where it has none, or several."""
        providers = [d for d in self.container.dependencies if isinstance(d, Engine)]
        if len(providers) != 1:
            raise RuntimeError(f"{self.container.service_name} needs exactly one Engine to take messages")
        self._engine = providers[0]
        self._ended: list[Finished] = []

    def start(self) -> None:
        """Start the loop and its companions, each in a managed green thread."""
        service, loop = self.container.service_name, self._engine.loop
        self._spawn(partial(loop.run, self._process_in_worker), f"{service} messages")
        for companion in loop.companions:
            self._spawn(companion.run, f"{service} {companion.name}")

    def stop(self) -> None:
        """Finish the work at hand, then return."""
        self.kill()
        for ended in self._ended:
            ended.wait()

    def kill(self) -> None:
        """Return at once; the broker redelivers a batch that is not finished."""
        self._engine.loop.stop()
        for companion in self._engine.loop.companions:
            companion.stop()

    def _spawn(self, run: Callable[[], None], name: str) -> None:
        ended: Finished = Event()
        self._ended.append(ended)

        def run_to_the_end() -> None:
            try:
                run()
            finally:
                ended.send()

        self.container.spawn_managed_thread(run_to_the_end, identifier=name)

    def _process_in_worker(self, deliveries: Sequence[Delivery], rows: Sequence[Document]) -> None:
        """Have one of nameko's workers process the batch and wait for it. Raises the worker's exception."""
        done: Finished = Event()

        def handle_result(_: object, result: object, exc_info: ExcInfo | None) -> tuple[object, ExcInfo | None]:
            if exc_info is None:
                done.send(result)
            else:
                done.send_exception(exc_info[1])
            return result, exc_info

        self.container.spawn_worker(self, (deliveries, rows), {}, handle_result=handle_result)
        done.wait()


messages = BatchEntrypoint.decorator
"""Decorates the method of a service that processes batches: `self.engine.process(deliveries, rows)`."""
