"""Servers and stacks for the tests: started once a session, isolated by virtual host and database prefix."""

import base64
import os
import secrets
import ssl
import subprocess
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import httpx
import ports
import psutil
from certificates import Authority
from chores import Chores
from pymongo import MongoClient

from deploy.lianshan.local import mongod, stack
from deploy.lianshan.local.folder import Folder, read_json
from deploy.lianshan.local.processes import Identity, find_marked
from deploy.lianshan.local.services import SOURCE
from shared.engine.amqp.broker import connect
from shared.engine.amqp.topology import apply

STACK_SECONDS = 240.0
ROOM_SECONDS = 180.0
ROOMS_AHEAD = 4
AT_ANY_HOUR: Final = {
    "LIANSHAN_QUIET_FROM": "00:00",
    "LIANSHAN_QUIET_UNTIL": "00:00",
    "LIANSHAN_STANDING_FROM": "00:00",
    "LIANSHAN_STANDING_UNTIL": "24:00",
    "LIANSHAN_STANDING_DAY_HOURS": "24",
    "LIANSHAN_STANDING_WEEK_HOURS": "168",
    "LIANSHAN_WEEKLY_ASKS": "100",
}
"""A stack without a movable clock has the time of day at which the tests happen to run."""
SETTLED: Final = {"LIANSHAN_SETTLE_MILLISECONDS": "10000"}
"""An answer waits until the lists show its change: of a busy machine, longer than the usual half second."""
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of `http://` addresses: else each one reads the system's certificates, in 30 ms of CPU. Trusts nobody."""


@dataclass(frozen=True)
class Servers:
    """A RabbitMQ with its management API and a MongoDB replica set."""

    amqp_uri: str
    mongo_uri: str
    management_url: str
    metrics_url: str = ""
    """Where RabbitMQ shows its numbers; empty where that is not known."""
    amqps_port: int = 0
    """A second port, with TLS, where the servers are our own."""
    authority: Authority | None = None
    chores: Chores = field(default_factory=Chores, compare=False, repr=False)
    _prepared: "deque[Future[Isolated]]" = field(default_factory=deque, compare=False, repr=False)

    @classmethod
    def given(cls) -> "Servers | None":
        """Those that LIANSHAN_TEST_AMQP_URI, …_MONGO_URI and …_MANAGEMENT_URL name, so as not to start any."""
        names = ("AMQP_URI", "MONGO_URI", "MANAGEMENT_URL")
        values = [os.environ.get(f"LIANSHAN_TEST_{name}", "") for name in names]
        if not any(values):
            return None
        if not all(values):
            raise RuntimeError(f"set all of {', '.join(f'LIANSHAN_TEST_{name}' for name in names)}, or none of them")
        amqp_uri, mongo_uri, management_url = values
        return cls(amqp_uri, mongo_uri, management_url)

    def virtual_host(self, name: str) -> str:
        """Create it; gives the URI that uses it."""
        parts = urlsplit(self.amqp_uri)
        user = quote(unquote(parts.username or "guest"), safe="")
        with self._management() as client:
            client.put(f"/api/vhosts/{name}").raise_for_status()
            everything = {"configure": ".*", "write": ".*", "read": ".*"}
            client.put(f"/api/permissions/{name}/{user}", json=everything).raise_for_status()
        return urlunsplit(parts._replace(path=f"/{name}"))

    def drop_virtual_host(self, name: str) -> None:
        """With all its queues, and the users that are named after it."""
        with self._management() as client:
            client.delete(f"/api/vhosts/{name}").raise_for_status()
            for user in client.get("/api/users").json():
                if user["name"].startswith(f"{name}_"):
                    client.delete(f"/api/users/{user['name']}")

    def room(self) -> "Isolated":
        """A new one, empty."""
        name = f"t{secrets.token_hex(6)}"
        key = base64.b64encode(secrets.token_bytes(32)).decode()
        return Isolated(self.virtual_host(name), self.mongo_uri, f"{name}_", key, self.management_url)

    def furnished(self) -> "Isolated":
        """A room with the platform's queues; the next ones are made ready meanwhile."""
        while len(self._prepared) <= ROOMS_AHEAD:
            self._prepared.append(self.chores.later(self._furnish))
        return self._prepared.popleft().result(ROOM_SECONDS)

    def clear(self, room: "Isolated") -> None:
        """Nothing of it stays."""
        name = room.database_prefix.removesuffix("_")
        self.drop_virtual_host(name)
        with MongoClient[dict[str, Any]](self.mongo_uri, serverSelectionTimeoutMS=10_000) as client:
            for database in client.list_database_names():
                if database.startswith(room.database_prefix):
                    client.drop_database(database)

    def finish(self, *, stay: bool) -> None:
        """Finish all chores that were begun; where the servers stay, clear the folders and databases that no test took.

        Raises the errors of failed chores.
        """
        for prepared in self._prepared:
            if stay:
                self.clear(prepared.result(ROOM_SECONDS))
            else:
                prepared.cancel()
        self.chores.finish()

    def _furnish(self) -> "Isolated":
        room = self.room()
        room.declare()
        return room

    def _management(self) -> httpx.Client:
        parts = urlsplit(self.amqp_uri)
        login = (unquote(parts.username or "guest"), unquote(parts.password or "guest"))
        return httpx.Client(base_url=self.management_url, auth=login, timeout=20, verify=NO_TLS)


@dataclass(frozen=True)
class Isolated:
    """A virtual host of its own, databases with a prefix of their own, a data key: room for a test to work in."""

    amqp_uri: str
    mongo_uri: str
    database_prefix: str
    data_key: str
    management_url: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment that a service's process needs in order to work here."""
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")},
            "LIANSHAN_AMQP_URI": self.amqp_uri,
            "LIANSHAN_MONGO_URI": self.mongo_uri,
            "LIANSHAN_DATABASE_PREFIX": self.database_prefix,
            "LIANSHAN_DATA_KEY": self.data_key,
            **AT_ANY_HOUR,
            "EVENTLET_NO_GREENDNS": "yes",
            "PYTHONPATH": str(SOURCE),
        }

    def declare(self) -> None:
        """The exchanges and queues of the platform."""
        connection = connect(self.amqp_uri, "test topology")
        try:
            apply(connection.channel())
        finally:
            connection.close()


@dataclass(frozen=True)
class RunningStack:
    """A whole stack, started as `lianshan up --detach` does."""

    folder: Folder
    _supervisors: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str, seconds: float = STACK_SECONDS) -> None:
        """Up; returns once it is ready. Raises StartFailedError."""
        with _environment(**SETTLED):
            self._supervisors.append(stack.start_detached(self.folder, list(arguments), seconds, bound=True))

    def down(self) -> bool:
        """As `lianshan down`; gives whether there was anything to stop."""
        stopped = stack.stop_stack(self.folder, lambda _: None)
        for process in self._supervisors:
            process.wait(10)
        return stopped

    def kill(self) -> None:
        """As a power cut: nothing of it is asked for again. `down` is for tests of how a stack stops."""
        for process in self._supervisors:
            process.kill()
            process.wait(10)
        while left := find_marked(self.folder.secrets["mark"]):
            for process_left in left:
                with suppress(psutil.NoSuchProcess):
                    process_left.kill()
            psutil.wait_procs(left, 10)

    @property
    def addresses(self) -> dict[str, str]:
        """The content of `stack.json`."""
        return dict(read_json(self.folder.stack_file))

    @property
    def environment(self) -> dict[str, str]:
        """For commands that shall find this stack."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
        return {**kept, "LIANSHAN_VAR": str(self.folder.root), "PYTHONPATH": str(SOURCE)}

    def client(self) -> httpx.Client:
        """The API, as the administrator."""
        headers = {"Authorization": f"Bearer {self.addresses['admin_token']}"}
        return httpx.Client(base_url=self.addresses["gateway_url"], headers=headers, timeout=30, verify=NO_TLS)

    def processes(self) -> dict[str, dict[str, Any]]:
        """The supervisor's record of each process, by name."""
        return {entry["name"]: entry for entry in read_json(self.folder.status_file)["processes"]}

    def identity(self, name: str) -> Identity | None:
        """The process that runs that program now."""
        entry = self.processes()[name]
        return Identity(entry["pid"], entry["since_boot"]) if entry["pid"] else None


@contextmanager
def isolated(shared: Servers, *, furnished: bool = False) -> Iterator[Isolated]:
    """Room for one test, with the platform's queues if so asked; nothing of it stays when the servers are left."""
    room = shared.furnished() if furnished else shared.room()
    try:
        yield room
    finally:
        shared.chores.later(shared.clear, room)


@contextmanager
def _environment(**changed: str) -> Iterator[None]:
    """This process's environment, which the processes that it starts inherit, with those changes."""
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextmanager
def _uncompressed_mongod(root: Path) -> Iterator[None]:
    """The first mongod on PATH compresses nothing; it becomes the real one, so that it is ended as ever."""
    program = root / "bin" / "mongod"
    program.parent.mkdir(parents=True)
    plain = "--wiredTigerCollectionBlockCompressor none --wiredTigerJournalCompressor none"
    program.write_text(f'#!/bin/sh\nexec "{mongod.find()}" "$@" {plain} --wiredTigerIndexPrefixCompression false\n')
    program.chmod(0o755)
    with _environment(PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}"):
        yield


@contextmanager
def running_stack(root: Path, *arguments: str, readable: bool = False) -> Iterator[RunningStack]:
    """A stack of its own in `root`; gone at the end. The files of a `readable` one show the content of MongoDB."""
    running = RunningStack(Folder(root))
    running.folder.make()
    ports.prepare(running.folder)
    try:
        with _uncompressed_mongod(root) if readable else nullcontext():
            running.start(*arguments)
        yield running
    finally:
        running.kill()
