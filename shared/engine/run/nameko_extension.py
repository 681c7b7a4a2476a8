"""The engine as nameko extensions.

`Engine` is a DependencyProvider: it holds the settings, the store and the loop. `messages` is an Entrypoint: it runs
the loop in a managed green thread with AMQP connections of its own and hands each batch to one of nameko's workers,
so that every other extension of the service takes part as with any entrypoint.
"""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eventlet.event import Event
from nameko.extensions import DependencyProvider, Entrypoint
from pymongo.database import Database

from shared.engine.amqp.broker import Delivery
from shared.engine.observe.sampling import Sampler
from shared.engine.observe.tracing import open_tracer
from shared.engine.run.loop import Loop, open_store, utc_now
from shared.engine.run.service import ServiceSpec
from shared.engine.run.startup import check_broker, check_port, check_start
from shared.engine.store.commit import Document
from shared.engine.store.schema_registry import prepare, refused
from shared.runtime import failpoints
from shared.runtime.health import serve_health
from shared.runtime.settings import ServiceSettings, load

GC_THRESHOLDS: Final = (200_000, 20, 50)


@dataclass(frozen=True)
class EngineHandle:
    """What a worker sees of the engine."""

    database: Database[Document]
    settings: Any
    process: Callable[[Sequence[Delivery], Sequence[Document]], None]


class Engine(DependencyProvider):
    """The engine of one service: `engine = Engine(CharitySettings, assemble)`."""

    def __init__(
        self, settings_class: type[ServiceSettings], assemble: Callable[[Any], ServiceSpec], **kwargs: Any
    ) -> None:
        self.settings_class = settings_class
        self.assemble = assemble
        self._health: Any = None
        self._sampler: Sampler | None = None
        super().__init__(**kwargs)

    def check(self, settings: ServiceSettings) -> None:
        """Raises CannotStartError where a server does not answer, does not let this service in or is not prepared, or
        its port is taken.
        """
        spec = self.assemble(settings)
        check_port("health_port", settings.health_host, settings.health_port)
        check_start(settings, spec.name, spec.queues)

    def refusal(self, settings: ServiceSettings) -> str | None:
        """Why this release must not work on the store; None also where nobody answers, which `setup` will tell."""
        spec = self.assemble(settings)
        database = open_store(settings, spec.name)
        with database.client:
            return refused(database, spec.name, spec.schemas)

    def setup(self) -> None:
        """Read the settings, prepare the store, check that the queues stand."""
        self.settings = load(self.settings_class)
        failpoints.arm(self.settings.failpoints)
        self.spec = self.assemble(self.settings)
        self.database = open_store(self.settings, self.spec.name)
        prepare(self.database, self.spec)
        check_broker(self.settings.amqp_uri, self.spec.name, self.spec.queues)
        self.loop = Loop(self.spec, self.settings, self.database)
        self.loop.processor.tracer = open_tracer(self.settings, self.spec.name)
        # A batch makes many objects and hardly a cycle: collected at the usual pace, they cost a fifth of the CPU.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def start(self) -> None:
        """Answer for the service's health, and look after its numbers where somebody may ask for them."""
        checks = {"messages": self._check_messages, "store": self._check_store}
        self._health = serve_health(self.settings, self.spec.name, checks, self._status)
        if self._health is not None:
            spec, uri = self.spec, self.settings.amqp_uri
            self._sampler = Sampler(spec.name, uri, self.database, utc_now, spec.censuses)
            self.container.spawn_managed_thread(self._sampler.run, identifier=f"{spec.name} sampler")

    def stop(self) -> None:
        """Stop answering; runs after the entrypoints have stopped."""
        if self._health is not None:
            self._health.stop()
        if self._sampler is not None:
            self._sampler.stop()
        self.loop.processor.tracer.stop()
        self.database.client.close()

    kill = stop

    def get_dependency(self, worker_ctx: Any) -> EngineHandle:  # noqa: ARG002 - nameko's signature
        """The same for every worker."""
        return EngineHandle(self.database, self.settings, self.loop.processor.process)

    def _check_messages(self) -> str | None:
        return None if self.loop.ready else "not connected to RabbitMQ"

    def _status(self) -> str:
        return "paused" if self.loop.paused else "ready"

    def _check_store(self) -> str | None:
        self.database.command("ping")
        return None


class Messages(Entrypoint):
    """Fires the decorated method once a batch; see `messages`."""

    def setup(self) -> None:
        """Find the service's engine."""
        providers = [d for d in self.container.dependencies if isinstance(d, Engine)]
        if len(providers) != 1:
            raise RuntimeError(f"{self.container.service_name} needs exactly one Engine to take messages")
        self._engine = providers[0]
        self._ended = Event()

    def start(self) -> None:
        """Begin to take messages."""
        self.container.spawn_managed_thread(self._run, identifier=f"{self.container.service_name} messages")

    def stop(self) -> None:
        """Finish the batch at hand."""
        self._engine.loop.stop()
        self._ended.wait()

    def kill(self) -> None:
        """Leave the batch at hand; the broker hands it out again."""
        self._engine.loop.stop()

    def _run(self) -> None:
        try:
            self._engine.loop.run(self._deal)
        finally:
            self._ended.send()

    def _deal(self, deliveries: Sequence[Delivery], rows: Sequence[Document]) -> None:
        done: Any = Event()

        def handle_result(_: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
            if exc_info is None:
                done.send(result)
            else:
                done.send_exception(exc_info[1])
            return result, exc_info

        self.container.spawn_worker(self, (deliveries, rows), {}, handle_result=handle_result)
        done.wait()


messages = Messages.decorator
