"""The RabbitMQ and MongoDB that all peers share, and their cost."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp
import psutil
from pymongo import MongoClient

from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.stack import Options, Stack
from shared.engine.amqp import topology

SERVER_TIMEOUT_MS = 60_000


@dataclass(frozen=True)
class Servers:
    """Where they are, and their process ids where they run on this machine."""

    amqp_uri: str
    mongo_uri: str
    rabbit_pid: int | None
    mongod_pid: int | None

    def mongo(self) -> MongoClient[dict[str, Any]]:
        return MongoClient(self.mongo_uri, serverSelectionTimeoutMS=10_000, socketTimeoutMS=SERVER_TIMEOUT_MS)

    def connect(self) -> amqp.Connection:
        parts = urlsplit(self.amqp_uri)
        connection = amqp.Connection(
            host=f"{parts.hostname}:{parts.port or 5672}",
            userid=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            virtual_host=unquote(parts.path[1:]) or "/",
            connect_timeout=10,
        )
        connection.connect()
        return connection

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds used so far by each server that runs here."""
        pids = {"rabbitmq": self.rabbit_pid, "mongod": self.mongod_pid}
        return {name: _cpu(pid) for name, pid in pids.items() if pid is not None}


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


@contextmanager
def servers(folder: Path) -> Iterator[Servers]:
    """Those of LIANSHAN_TEST_AMQP_URI and LIANSHAN_TEST_MONGO_URI; without them, private ones in `folder`."""
    amqp_uri, mongo_uri = os.environ.get("LIANSHAN_TEST_AMQP_URI"), os.environ.get("LIANSHAN_TEST_MONGO_URI")
    if amqp_uri and mongo_uri:
        yield _found(amqp_uri, mongo_uri)
        return
    with _private(folder) as (amqp_uri, mongo_uri):
        yield _found(amqp_uri, mongo_uri)


@contextmanager
def _private(root: Path) -> Iterator[tuple[str, str]]:
    shutil.rmtree(root, ignore_errors=True)
    folder = Folder(root.absolute())
    folder.make()
    with folder.held():
        stack = Stack(folder, Options(only_servers=True), lambda _: None)
        try:
            addresses = stack.start()
            yield addresses["amqp_uri"], addresses["mongo_uri"]
        finally:
            stack.stop()
    shutil.rmtree(root)


def _found(amqp_uri: str, mongo_uri: str) -> Servers:
    return Servers(amqp_uri, mongo_uri, listener(amqp_uri, 5672), listener(mongo_uri, 27017))


def listener(uri: str, default_port: int) -> int | None:
    """The process that listens where `uri` points to, if it is on this machine and may be seen."""
    parts = urlsplit(uri)
    if parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        return None
    with suppress(psutil.AccessDenied):
        for connection in psutil.net_connections("tcp"):
            port = getattr(connection.laddr, "port", None)
            if connection.status == psutil.CONN_LISTEN and port == (parts.port or default_port):
                return connection.pid
    return None


def declare_topology(channel: amqp.Channel, *, gateway: bool = False) -> None:
    """The platform's exchanges and queues. Nobody drains the gateway's queues here, so they do not stand."""
    for queue in topology.apply(channel):
        if queue.name.startswith("gateway.") and not gateway:
            channel.queue_delete(queue.name)


def clear_topology(servers: Servers) -> None:
    """Remove the platform's queues with all that an earlier run may have left in them."""
    with closing(servers.connect()) as connection:
        channel = connection.channel()
        for queue in topology.plan():
            channel.queue_delete(queue.name)


def drop_databases(servers: Servers, prefix: str) -> None:
    """Every database of a peer."""
    with servers.mongo() as client:
        for name in client.list_database_names():
            if name.startswith(prefix):
                client.drop_database(name)
