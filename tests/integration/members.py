"""A replica set of three members on this machine, whose members may be killed, brought back, and kept from copying."""

import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ports import free_port
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.lianshan.local import mongod
from deploy.lianshan.local.folder import LOOPBACK

MEMBERS = 3
START_SECONDS = 60.0
STOPPED_COPYING = "stopReplProducer"
"""MongoDB's own failpoint: a secondary fetches nothing more from its primary."""


@dataclass
class Members:
    """The members by their ports."""

    root: Path
    ports: Sequence[int]
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def uri(self) -> str:
        """The address of all three."""
        hosts = ",".join(f"{LOOPBACK}:{port}" for port in self.ports)
        return f"mongodb://{hosts}/?replicaSet={mongod.REPLICA_SET}"

    def start(self, port: int) -> None:
        """Start the member, or start it again."""
        folder = self.root / str(port)
        folder.mkdir(parents=True, exist_ok=True)
        arguments = [
            mongod.find(), "--dbpath", str(folder), "--port", str(port), "--bind_ip", LOOPBACK, "--quiet",
            "--replSet", mongod.REPLICA_SET, "--nounixsocket", "--oplogSize", "64", "--wiredTigerCacheSizeGB", "0.25",
            "--setParameter", "enableTestCommands=1", "--setParameter", "diagnosticDataCollectionEnabled=false",
            "--setParameter", f"transactionLifetimeLimitSeconds={mongod.TRANSACTION_SECONDS}",
        ]  # fmt: skip
        with (folder / "log").open("ab") as log:
            self.processes[port] = subprocess.Popen(arguments, stdout=log, stderr=log)

    def found(self) -> None:
        """Make the members a set, and wait for its primary."""
        member = [{"_id": n, "host": f"{LOOPBACK}:{port}"} for n, port in enumerate(self.ports)]
        # Quick elections: the tests wait for them.
        settings = {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500}
        # The first asks every other one whether it is there, and makes no set of some.
        self._wait(lambda: all(self.ask(port, "ping") for port in self.ports), "every member")
        config = {"_id": mongod.REPLICA_SET, "members": member, "settings": settings}
        self._wait(lambda: bool(self.ask(self.ports[0], "replSetInitiate", config)), "the set to be made")
        self.primary()

    def primary(self, other_than: int = 0) -> int:
        """Return the port of the primary, waited for."""
        found: list[int] = []

        def elected() -> bool:
            others = [port for port in self.processes if port != other_than]
            found.extend(port for port in others if self.ask(port, "hello").get("isWritablePrimary"))
            return bool(found)

        self._wait(elected, "a primary")
        return found[0]

    def ask(self, port: int, command: str, value: Any = 1, **more: Any) -> dict[str, Any]:
        """Return a member's answer; nothing where it is not there."""
        try:
            with MongoClient[dict[str, Any]](
                LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=1000, socketTimeoutMS=10_000
            ) as client:
                return client.admin.command(command, value, **more)
        except PyMongoError:
            return {}

    def kill(self, port: int) -> None:
        """End a member as a power cut does."""
        process = self.processes.pop(port)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    @contextmanager
    def alone(self, primary: int) -> Iterator[None]:
        """Keep the other members from copying the primary's writes."""
        with self.lagging(*(port for port in self.processes if port != primary)):
            yield

    def copy_from(self, port: int, source: int) -> None:
        """Have a member copy from that one alone: by itself it may choose a member that copies nothing."""
        host = f"{LOOPBACK}:{source}"

        def copies() -> bool:
            self.ask(port, "replSetSyncFrom", host)
            return bool(self.ask(port, "replSetGetStatus").get("syncSourceHost") == host)

        self._wait(copies, f"{port} to copy from {source}")

    @contextmanager
    def lagging(self, *ports: int) -> Iterator[None]:
        """Keep these members from copying the primary's writes."""
        for port in ports:
            assert self.ask(port, "configureFailPoint", STOPPED_COPYING, mode="alwaysOn"), "test commands are enabled"
        try:
            yield
        finally:
            for port in ports:
                self.ask(port, "configureFailPoint", STOPPED_COPYING, mode="off")

    def stop(self) -> None:
        """End every member."""
        for port in list(self.processes):
            self.kill(port)

    def _wait(self, condition: Any, what: str) -> None:
        end = time.monotonic() + START_SECONDS
        while not condition():
            assert time.monotonic() < end, f"waited {START_SECONDS:g} s in vain for {what}"
            time.sleep(0.1)


@contextmanager
def three_members(root: Path) -> Iterator[Members]:
    """Three members that are a set and have a primary; gone at the end."""
    with ExitStack() as ends:
        members = Members(root, [free_port() for _ in range(MEMBERS)])
        ends.callback(members.stop)
        for port in members.ports:
            members.start(port)
        members.found()
        yield members
