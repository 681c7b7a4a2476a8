"""Start and stop of a nameko service's process: `run(StationsService)`.

Importing this module makes the standard library cooperative. So `services/*/__main__.py` imports it first.
"""

import os
import warnings

import shared.runtime.garbage  # noqa: F401 - it makes the later imports cheap

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # PyMongo resolves names with dnspython itself
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
warnings.filterwarnings("ignore", message=r".*pkg_resources")

import eventlet  # noqa: E402 - the environment has to be set before

eventlet.monkey_patch()

import signal  # noqa: E402 - only now is the standard library cooperative
import sys  # noqa: E402
from types import FrameType  # noqa: E402
from typing import Final, Protocol  # noqa: E402

from eventlet import hubs  # noqa: E402
from nameko.constants import AMQP_SSL_CONFIG_KEY, AMQP_URI_CONFIG_KEY, HEARTBEAT_CONFIG_KEY  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402

from shared.runtime.addresses import amqp_tls, without_query  # noqa: E402
from shared.runtime.errors import CannotStartError  # noqa: E402
from shared.runtime.logging import configure_logging, describe, get_logger, where  # noqa: E402
from shared.runtime.models import read_fields_plainly  # noqa: E402
from shared.runtime.rpc import ENGINE_WORKERS  # noqa: E402
from shared.runtime.settings import ServiceSettings, load  # noqa: E402

HEARTBEAT_SECONDS: Final = 10
"""The heartbeat timeout of nameko's own connections; see shared/engine/amqp/broker.py for the engine's."""
QUERY_WORKERS: Final = 16
"""Queries in hand at a time, those that wait for room among them; see shared/engine/run/queries.py."""
EXIT_FAILED: Final = 1


class StartChecks(Protocol):
    """The engine of a service, as far as its start depends on it."""

    settings_class: type[ServiceSettings]

    def check(self, settings: ServiceSettings) -> None: ...
    def refusal(self, settings: ServiceSettings) -> str | None: ...


class Container(Protocol):
    """A nameko container, which has no types."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def wait(self) -> object: ...


def nameko_config(settings: ServiceSettings) -> dict[str, object]:
    """Return nameko's own configuration, which it needs for RPC."""
    return {
        AMQP_URI_CONFIG_KEY: without_query(settings.amqp_uri),
        AMQP_SSL_CONFIG_KEY: amqp_tls(settings.amqp_uri),
        HEARTBEAT_CONFIG_KEY: HEARTBEAT_SECONDS,
        "serializer": "json",
        "max_workers": QUERY_WORKERS + ENGINE_WORKERS,
    }


def run(service_class: type) -> None:
    """Run one service until SIGTERM or SIGINT, then exit.

    Exits with 0 when it stopped as asked; with 1 when it failed, did not stop in time, is refused by its servers or
    must not work on the store, which another release has written; with 2 when a setting is bad. `nameko run` starts the
    service as well: its engine extension starts all that a service cannot do without.
    """
    engine: StartChecks | None = getattr(service_class, "engine", None)
    settings = load(ServiceSettings if engine is None else engine.settings_class)
    name: str = service_class.name  # type: ignore[attr-defined]
    configure_logging(name, settings.log_level)
    _log_failures_in_one_line()
    limit(settings.start_seconds, "start")
    read_fields_plainly()
    if engine is not None:
        _check(engine, settings)
    container = ServiceContainer(service_class, nameko_config(settings))
    stop = _Stop(container, settings.stop_seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    sys.exit(_serve(container, settings, stop))


def _check(engine: StartChecks, settings: ServiceSettings) -> None:
    try:
        engine.check(settings)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_FAILED)
    if reason := engine.refusal(settings):
        get_logger().error("store_refused", error=reason)
        sys.exit(EXIT_FAILED)


def _log_failures_in_one_line() -> None:
    """Replace the tracebacks that eventlet prints of failed green threads: their texts may be about a person."""
    hub = hubs.get_hub()
    last: list[BaseException] = []

    def log(*details: tuple[type[BaseException], BaseException, object]) -> None:
        # Eventlet passes one error through several of its hooks: log it once.
        error = details[-1][1]
        if last and last[0] is error:
            return
        last[:] = [error]
        if isinstance(error, CannotStartError):
            return  # its one line for the operator is written where the start ends
        get_logger().error("green_thread_failed", error=describe(error), where=where(error))

    def log_and_remove(descriptor: int, info: tuple[type[BaseException], BaseException, object]) -> None:
        log(info)
        hub.remove_descriptor(descriptor)

    hub.squelch_exception = log_and_remove
    hub.squelch_generic_exception = hub.squelch_timer_exception = log


class _Stop:
    """A signal handler. It runs in eventlet's hub, which must not wait: a green thread stops the container.

    A container that is still starting cannot be stopped in good order, so its process ends at once, which is as safe as
    a crash.
    """

    def __init__(self, container: Container, seconds: int) -> None:
        self._container = container
        self._seconds = seconds
        self.started = False

    def __call__(self, _: int, __: FrameType | None) -> None:
        if not self.started:
            get_logger().info("stopped")
            os._exit(0)
        limit(self._seconds, "stop")
        eventlet.spawn_n(self._container.stop)


def limit(seconds: int, what: str) -> None:
    """End the process where `what`, `start` or `stop`, takes longer. A later call replaces an earlier limit.

    By the system's own alarm (SIGALRM), which a hub that hangs cannot delay.
    """

    def too_late(_: int, __: FrameType | None) -> None:
        get_logger().error(f"{what}_took_too_long", seconds=seconds)
        os._exit(EXIT_FAILED)

    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds)


def _serve(container: Container, settings: ServiceSettings, stop: _Stop) -> int:
    """Run the container to its end; return the exit status."""
    try:
        limit(settings.start_seconds, "start")
        container.start()
        signal.alarm(0)
        stop.started = True
        get_logger().info("started", pid=os.getpid())
        _wait(container)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: log it in one line and exit
        get_logger().error("service_died", error=describe(error), where=where(error))
        return EXIT_FAILED
    get_logger().info("stopped")
    return 0


def _wait(container: Container) -> None:
    """Wait until the container has ended."""
    waiting = eventlet.spawn(container.wait)
    while True:
        try:
            waiting.wait()
        except InterruptedError:  # a signal has interrupted the hub's own wait (EINTR); the container still runs
            continue
        return
