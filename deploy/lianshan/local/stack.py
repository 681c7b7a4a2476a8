"""Up and down: the whole embedded stack in its order, from what a crash left to the addresses."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from amqp.exceptions import PreconditionFailed

from deploy.lianshan.local import mongod, rabbitmq, services
from deploy.lianshan.local.folder import Folder, read_json, write_json
from deploy.lianshan.local.processes import Identity, end, end_with_parent, marked
from deploy.lianshan.local.supervisor import StartFailedError, Supervisor
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect
from shared.engine.amqp.topology import apply
from shared.runtime.settings import ServerSettings, load

STORE_SECONDS: Final = 10.0
MONGOD_SECONDS: Final = 60.0
RABBITMQ_SECONDS: Final = 120.0
SERVICES_SECONDS: Final = 90.0
TOPOLOGY_SECONDS: Final = 60.0
DOWN_SECONDS: Final = 90.0
LEFT_SECONDS: Final = 25.0

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What may differ from the usual stack."""

    replicas: Mapping[str, int] = field(default_factory=dict)
    amqp_uri: str | None = None
    mongo_uri: str | None = None
    management: bool = False
    certificates: Path | None = None
    only_servers: bool = False
    seed: bool = True
    bound: bool = False
    before_services: Callable[[str, str], None] | None = None
    """Called with the addresses of RabbitMQ and MongoDB once both are ready."""

    @classmethod
    def from_environment(cls, replicas: Mapping[str, int]) -> "Options":
        """Servers of your own where LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI name them."""
        told = load(ServerSettings)
        return cls(replicas, told.amqp_uri, told.mongo_uri)


class Stack:
    """The stack of one folder, as its supervisor's process sees it. The folder must be held."""

    def __init__(self, folder: Folder, options: Options, say: Say) -> None:
        self.folder = folder
        self.options = options
        self.supervisor = Supervisor(folder, bound=options.bound)
        self._say = say

    def start(self) -> dict[str, str]:
        """Everything up and ready; gives what `stack.json` holds. Raises StartFailedError, StopRequestedError."""
        self.clear()
        if not self.options.amqp_uri:
            rabbitmq.check_disk(self.folder)
        write_json(self.folder.supervisor_file, Identity.of(os.getpid()).to_json())
        amqp_uri, mongo_uri = self._servers()
        if self.options.only_servers:
            return {"amqp_uri": amqp_uri, "mongo_uri": mongo_uri}
        self._topology(amqp_uri)
        if self.options.before_services is not None:
            self.options.before_services(amqp_uri, mongo_uri)
        _check_stores(mongo_uri)
        self._services(amqp_uri, mongo_uri)
        addresses = {
            "gateway_url": services.gateway_url(self.folder),
            "admin_token": self._admin_token(),
            "amqp_uri": amqp_uri,
            "mongo_uri": mongo_uri,
        }
        if self.options.seed:
            self._seed(addresses)
        self.folder.replicas_file.unlink(missing_ok=True)
        self.supervisor.each_round = lambda: self._scale(amqp_uri, mongo_uri)
        write_json(self.folder.stack_file, addresses)
        return addresses

    def stop(self) -> list[str]:
        """Everything down, nothing left; gives the names of processes that had to be killed."""
        self.folder.stack_file.unlink(missing_ok=True)
        killed = self.supervisor.stop()
        self.folder.supervisor_file.unlink(missing_ok=True)
        return killed

    def clear(self) -> None:
        """End what a supervisor left behind that was killed itself."""
        self.folder.stack_file.unlink(missing_ok=True)
        if left := marked(self.folder.secrets["mark"]):
            self._say(f"ending {len(left)} processes that an earlier stack left behind")
            _end_left(self.folder)

    def _scale(self, amqp_uri: str, mongo_uri: str) -> None:
        """Start and end replicas as `lianshan scale` has asked."""
        for service, wanted in (read_json(self.folder.replicas_file) or {}).items():
            for number in range(1, services.MAX_REPLICAS + 1):
                name = services.replica_name(service, number)
                child = self.supervisor.children.get(name)
                if child is None and number <= wanted:
                    self.supervisor.add(services.replica(self.folder, amqp_uri, mongo_uri, service, number))
                elif child is not None and number > wanted and child.state != "leaving":
                    self.supervisor.retire(name)

    def _servers(self) -> tuple[str, str]:
        own_mongod, own_rabbit = not self.options.mongo_uri, not self.options.amqp_uri
        mongod_program = mongod.program(self.folder) if own_mongod else None
        if own_rabbit:
            self.supervisor.add(rabbitmq.epmd(self.folder))
            self.supervisor.add(
                rabbitmq.program(
                    self.folder, management=self.options.management, certificates=self.options.certificates
                )
            )
        if mongod_program:
            self.supervisor.add(mongod_program)
        mongo_uri = self.options.mongo_uri or mongod.uri(self.folder)
        amqp_uri = self.options.amqp_uri or rabbitmq.uri(self.folder)
        if own_mongod:
            self.supervisor.wait_until(lambda: mongod.is_ready(mongo_uri), MONGOD_SECONDS, "MongoDB's start")
            self._say("MongoDB is ready")
        if own_rabbit:
            self.supervisor.wait_until(lambda: rabbitmq.is_ready(amqp_uri), RABBITMQ_SECONDS, "RabbitMQ's start")
            self._say("RabbitMQ is ready")
        return amqp_uri, mongo_uri

    def _topology(self, amqp_uri: str) -> None:
        # After a crash the broker answers before all of its queues do: ask again until they stand.
        self.supervisor.wait_until(lambda: _declared(amqp_uri), TOPOLOGY_SECONDS, "declaring the queues")
        self._say("exchanges and queues stand")

    def _services(self, amqp_uri: str, mongo_uri: str) -> None:
        programs = services.programs(self.folder, amqp_uri, mongo_uri, self.options.replicas)
        for program in programs:
            self.supervisor.add(program)
        waiting = {program.name: str(program.ready_url) for program in programs}

        def all_ready() -> bool:
            for name, url in list(waiting.items()):
                if services.answers(url):
                    del waiting[name]
                    self._say(f"{name} is ready")
            return not waiting

        try:
            self.supervisor.wait_until(all_ready, SERVICES_SECONDS, "the services' start")
        except StartFailedError as error:
            raise StartFailedError(f"{error} (not ready: {', '.join(waiting)})") from None

    def _admin_token(self) -> str:
        path = services.admin_key_file(self.folder)
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            raise StartFailedError(
                f"The gateway has an admin key, but {path} is missing: put the key there, or begin with an empty store."
            ) from None

    def _seed(self, addresses: dict[str, str]) -> None:
        from deploy.lianshan.local.seed import SeedError, seed_areas  # noqa: PLC0415 - httpx is slow to import

        try:
            count = seed_areas(addresses["gateway_url"], addresses["admin_token"])
        except SeedError as error:
            raise StartFailedError(str(error)) from None
        if count:
            self._say(f"imported {count} areas")


def _declared(amqp_uri: str) -> bool:
    try:
        connection = connect(amqp_uri, "lianshan topology")
        try:
            apply(connection.channel())
        finally:
            close_quietly(connection)
    except PreconditionFailed:
        return _repaired(amqp_uri)
    except (*BROKER_ERRORS, BrokerUnreachableError):
        return False
    return True


def _repaired(amqp_uri: str) -> bool:
    """An earlier version's queues are made anew, with what they hold."""
    from deploy.lianshan.topology.moving import CannotMoveError  # noqa: PLC0415 - rarely needed
    from deploy.lianshan.topology.repair import repair  # noqa: PLC0415

    connection = connect(amqp_uri, "lianshan topology")
    try:
        if left := repair(connection).left:
            raise StartFailedError(left[0])
    except CannotMoveError as error:
        raise StartFailedError(str(error)) from None
    finally:
        close_quietly(connection)
    return True


def _check_stores(mongo_uri: str) -> None:
    """A store that a newer release has written is told at once, not by services that keep refusing to start."""
    from pymongo import MongoClient  # noqa: PLC0415 - slow to import
    from pymongo.errors import PyMongoError  # noqa: PLC0415

    from deploy.lianshan.migrations import refusals  # noqa: PLC0415

    try:
        with MongoClient[dict[str, Any]](mongo_uri, serverSelectionTimeoutMS=int(STORE_SECONDS * 1000)) as client:
            said = refusals(client, os.environ.get("LIANSHAN_DATABASE_PREFIX", ""))
    except PyMongoError as error:
        raise StartFailedError(
            f"LIANSHAN_MONGO_URI: MongoDB does not let its stores be read ({type(error).__name__}): check the address "
            "and the user."
        ) from None
    if said:
        raise StartFailedError("\n".join(said))


def is_up(folder: Folder) -> bool:
    """Whether a supervisor runs there."""
    identity = Identity.read(read_json(folder.supervisor_file))
    return identity is not None and identity.process() is not None


def addresses(folder: Folder) -> dict[str, Any] | None:
    """What `stack.json` says, while there is a supervisor behind it."""
    return read_json(folder.stack_file) if is_up(folder) else None


def down(folder: Folder, say: Say) -> bool:
    """Stop the folder's stack from outside; gives whether there was anything to stop."""
    identity = Identity.read(read_json(folder.supervisor_file))
    supervisor = identity.process() if identity else None
    if supervisor is not None and end([supervisor], DOWN_SECONDS):
        say("the supervisor did not stop in time and was killed")
    left = marked(folder.secrets["mark"]) if folder.root.is_dir() else []
    if left:
        say(f"ending {len(left)} processes that were left")
        _end_left(folder)
    folder.stack_file.unlink(missing_ok=True)
    folder.supervisor_file.unlink(missing_ok=True)
    return supervisor is not None or bool(left)


def _end_left(folder: Folder) -> None:
    """The services first, so that they finish what they have in hand while their servers are still there."""
    known = (read_json(folder.status_file) or {}).get("processes", [])
    services_left = (Identity(p["pid"], p["started"]).process() for p in known if p["ready_url"] and p["pid"])
    end(filter(None, services_left), LEFT_SECONDS)
    end(marked(folder.secrets["mark"]), LEFT_SECONDS)


def start_detached(
    folder: Folder, arguments: list[str], seconds: float, *, bound: bool = False
) -> subprocess.Popen[bytes]:
    """`lianshan up` as a process of its own; returns once it is ready. Raises StartFailedError.

    `bound` stops the stack when this process ends, however it ends.
    """
    folder.make()
    log = folder.logs / "supervisor.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.lianshan.cli", "up", *arguments],
            env={**os.environ, "LIANSHAN_VAR": str(folder.root), "PYTHONPATH": str(services.SOURCE)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent if bound else None,  # noqa: PLW1509 - it makes one system call
        )
    end_at = time.monotonic() + seconds
    while time.monotonic() < end_at:
        if process.poll() is not None:
            raise StartFailedError(log.read_text().strip() or f"the supervisor ended at once; see {log}")
        identity = Identity.read(read_json(folder.supervisor_file))
        if identity and identity.pid == process.pid and folder.stack_file.exists():
            return process
        time.sleep(0.1)
    end(filter(None, [Identity.of(process.pid).process()]), DOWN_SECONDS)
    raise StartFailedError(f"The stack was not ready after {seconds:g} s; see {log}")
