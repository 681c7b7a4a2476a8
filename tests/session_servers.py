"""The RabbitMQ and the MongoDB of a test session: those that are given, or ones of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import ports
from certificates import Authority
from pymongo import MongoClient
from stacks import Servers

from deploy.lianshan.local import rabbitmq, stack
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.supervisor import Supervisor

PACE: Final = {
    # The store removes expired documents once a minute, and hears of another pace only after its next round.
    "ttlMonitorSleepSecs": 4,
    # Dropped collections keep their files for the five minutes of history, to the next checkpoint. Of the hundreds of
    # rooms of a session this left 20,000 files; each checkpoint and each new collection then took seconds.
    "minSnapshotHistoryWindowInSeconds": 5,
    "syncdelay": 15,
}
"""Parameters of the store for many small rooms that come and go."""


@contextmanager
def servers(root: Path) -> Iterator[Servers]:
    """The given servers, or ones of our own in `root`, supervised until the end."""
    given = Servers.given()
    with nullcontext(given) if given is not None else own_servers(root) as found:
        yield found
        found.finish(stay=given is not None)


@contextmanager
def own_servers(root: Path) -> Iterator[Servers]:
    """Ours, with a port for TLS."""
    folder = Folder(root)
    folder.make()
    ports.prepare(folder, "management", "amqps", services=False)
    authority = Authority.found(root / "tls", "Lianshan test authority")
    authority.issue("server")
    with folder.held():
        options = stack.Options(management=True, only_servers=True, bound=True, certificates=authority.folder)
        running = stack.Stack(folder, options, lambda _: None)
        watching: threading.Thread | None = None
        try:
            found = running.start()
            watching = _watch(running.supervisor)
            _set_pace(found["mongo_uri"])
            yield Servers(
                found["amqp_uri"],
                found["mongo_uri"],
                rabbitmq.management_url(folder),
                rabbitmq.metrics_url(folder),
                folder.known_port("amqps") or 0,
                authority,
            )
        finally:
            running.supervisor.stop_requested = True
            if watching is not None:
                watching.join(10)
            # Nothing of them is read again: they need not close their files.
            for child in running.supervisor.children.values():
                if child.process is not None:
                    child.process.kill()
                    child.process.wait(10)
            running.stop()


def _set_pace(mongo_uri: str) -> None:
    with MongoClient[dict[str, Any]](mongo_uri, serverSelectionTimeoutMS=10_000) as client:
        for name, value in PACE.items():
            client.admin.command({"setParameter": 1, name: value})


def _watch(supervisor: Supervisor) -> threading.Thread:
    thread = threading.Thread(target=supervisor.watch, name="test supervisor", daemon=True)
    thread.start()
    return thread
