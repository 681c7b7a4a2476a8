"""Start and stop of a nameko service's process: `run(StationsService)`.

Importing this module makes the standard library cooperative. So `services/*/__main__.py` imports it first.
"""

import os
import warnings

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")  # PyMongo looks names up with dnspython itself
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
warnings.filterwarnings("ignore", message=r".*pkg_resources")

import eventlet  # noqa: E402 - the environment has to be set before

eventlet.monkey_patch()

import signal  # noqa: E402 - only now is the standard library cooperative
import sys  # noqa: E402
from types import FrameType  # noqa: E402
from typing import Any, Final  # noqa: E402

from eventlet import hubs  # noqa: E402
from nameko.constants import AMQP_SSL_CONFIG_KEY, AMQP_URI_CONFIG_KEY, HEARTBEAT_CONFIG_KEY  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402

from shared.runtime.addresses import amqp_tls, without_query  # noqa: E402
from shared.runtime.errors import CannotStartError  # noqa: E402
from shared.runtime.logging import configure_logging, describe, get_logger, where  # noqa: E402
from shared.runtime.settings import ServiceSettings, load  # noqa: E402

HEARTBEAT_SECONDS: Final = 10
EXIT_FAILED: Final = 1


def nameko_config(settings: ServiceSettings) -> dict[str, Any]:
    """What nameko itself wants to know, for its RPC."""
    return {
        AMQP_URI_CONFIG_KEY: without_query(settings.amqp_uri),
        AMQP_SSL_CONFIG_KEY: amqp_tls(settings.amqp_uri),
        HEARTBEAT_CONFIG_KEY: HEARTBEAT_SECONDS,
        "serializer": "json",
        "max_workers": 10,
    }


def run(service_class: type) -> None:
    """Run one service until SIGTERM or SIGINT, then exit.

    Exits 0 when it stopped as asked, 1 when it failed, did not stop in time, is not let in by its servers or may
    not work on the store (a newer release has written it), 2 when a setting is bad.
    `nameko run` does as well: what a service cannot do without is started by its engine extension.
    """
    engine = getattr(service_class, "engine", None)
    settings = load(getattr(engine, "settings_class", ServiceSettings))
    name: str = service_class.name  # type: ignore[attr-defined]
    configure_logging(name, settings.log_level)
    _tell_failures_in_a_line()
    limit(settings.start_seconds, "start")
    if engine is not None:
        _check(engine, settings)
    if engine is not None and (why := engine.refusal(settings)):
        get_logger().error("store_refused", error=why)
        sys.exit(EXIT_FAILED)
    container = ServiceContainer(service_class, nameko_config(settings))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _Stop(container, settings.stop_seconds))
    sys.exit(_serve(container, settings))


def _check(engine: Any, settings: ServiceSettings) -> None:
    try:
        engine.check(settings)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_FAILED)


def _tell_failures_in_a_line() -> None:
    """Eventlet prints whole tracebacks of green threads that fail, and their words may be about a person."""
    hub = hubs.get_hub()
    told: list[BaseException] = []

    def tell(*details: Any) -> None:
        error = details[-1][1]
        if told and told[0] is error:
            return
        told[:] = [error]
        get_logger().error("green_thread_failed", error=describe(error), where=where(error))

    def tell_and_remove(descriptor: int, info: Any) -> None:
        tell(info)
        hub.remove_descriptor(descriptor)

    hub.squelch_exception = tell_and_remove
    hub.squelch_generic_exception = hub.squelch_timer_exception = tell


class _Stop:
    """A signal handler. It runs in eventlet's hub, which may not wait: a green thread does the stopping."""

    def __init__(self, container: Any, seconds: int) -> None:
        self._container = container
        self._seconds = seconds

    def __call__(self, _: int, __: FrameType | None) -> None:
        limit(self._seconds, "stop")
        eventlet.spawn_n(self._container.stop)


def limit(seconds: int, what: str) -> None:
    """End the process where `what` takes longer. The system's own alarm: a hub that hangs cannot delay it."""

    def too_late(_: int, __: FrameType | None) -> None:
        get_logger().error(f"{what}_took_too_long", seconds=seconds)
        os._exit(EXIT_FAILED)

    signal.signal(signal.SIGALRM, too_late)
    signal.alarm(seconds)


def _serve(container: Any, settings: ServiceSettings) -> int:
    try:
        limit(settings.start_seconds, "start")
        container.start()
        signal.alarm(0)
        get_logger().info("started", pid=os.getpid())
        _wait(container)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: tell it in one line and leave
        get_logger().error("service_died", error=describe(error), where=where(error))
        return EXIT_FAILED
    get_logger().info("stopped")
    return 0


def _wait(container: Any) -> None:
    """Until the container has ended. A signal interrupts the hub's wait with EINTR; that is no end."""
    waiting = eventlet.spawn(container.wait)
    while True:
        try:
            waiting.wait()
        except InterruptedError:
            continue
        return
