"""The embedded stack from start to stop: servers, topology, services, first areas, addresses."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from amqp.exceptions import PreconditionFailed

from deploy.lianshan.local import mongod, rabbitmq, services
from deploy.lianshan.local.folder import Folder, read_json, write_json
from deploy.lianshan.local.processes import Identity, end_processes, end_with_parent, find_marked
from deploy.lianshan.local.programs import Program
from deploy.lianshan.local.start_checks import check_stores
from deploy.lianshan.local.state import StackAddresses, identify, read_records
from deploy.lianshan.local.supervisor import StartFailedError, Supervisor
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect
from shared.engine.amqp.topology import apply
from shared.runtime.settings import ServerSettings, load

MONGOD_SECONDS: Final = 60.0
RABBITMQ_SECONDS: Final = 120.0
SERVICES_SECONDS: Final = 90.0
TOPOLOGY_SECONDS: Final = 60.0
DOWN_SECONDS: Final = 90.0
LEFT_SECONDS: Final = 25.0

Report = Callable[[str], None]
"""Takes a line about a step that is done, for the person who waits."""


@dataclass(frozen=True)
class Options:
    """The differences from the usual stack. `bound` ends the processes with this one; `seed` imports the first areas.

    `management` and `certificates` are of the embedded RabbitMQ, see `deploy.lianshan.local.rabbitmq`.
    """

    replicas: Mapping[str, int] = field(default_factory=dict)
    amqp_uri: str | None = None
    mongo_uri: str | None = None
    management: bool = False
    certificates: Path | None = None
    only_servers: bool = False
    seed: bool = True
    bound: bool = False
    movable_clock: bool = False
    """Whether `lianshan clock` may move the city's time."""
    after_services: Callable[[StackAddresses], None] | None = None
    """Called once every service is ready, before others see that the stack is."""
    before_services: Callable[[str, str], None] | None = None
    """Called with the addresses of RabbitMQ and MongoDB once both are ready."""

    @classmethod
    def from_environment(cls, replicas: Mapping[str, int]) -> "Options":
        """Return options with servers of your own, where LIANSHAN_AMQP_URI and LIANSHAN_MONGO_URI name them."""
        settings = load(ServerSettings)
        return cls(replicas, settings.amqp_uri, settings.mongo_uri)


class Stack:
    """The stack of one folder, as its supervisor's process sees it. The folder must be held."""

    def __init__(self, folder: Folder, options: Options, report: Report) -> None:
        self.folder = folder
        self.options = options
        self.supervisor = Supervisor(folder, bound=options.bound)
        self._report = report

    def start(self) -> StackAddresses:
        """Start everything, wait until it is ready, and return the addresses.

        Raises StartFailedError, StopRequestedError; then the caller stops the processes that have started.
        """
        self.end_left_behind()
        if not self.options.amqp_uri:
            rabbitmq.check_disk(self.folder)
        write_json(self.folder.supervisor_file, Identity.of(os.getpid()).to_json())
        amqp_uri, mongo_uri = self._start_servers()
        addresses: StackAddresses = {
            "gateway_url": "", "admin_token": "", "amqp_uri": amqp_uri, "mongo_uri": mongo_uri,
        }  # fmt: skip
        if self.options.only_servers:
            return addresses
        self._declare_topology(amqp_uri)
        if self.options.before_services is not None:
            self.options.before_services(amqp_uri, mongo_uri)
        check_stores(mongo_uri, movable=self.options.movable_clock)
        self._start_services(amqp_uri, mongo_uri)
        addresses["gateway_url"], addresses["admin_token"] = services.gateway_url(self.folder), self._read_admin_key()
        if self.options.seed:
            self._seed(addresses)
        if self.options.after_services is not None:
            self.options.after_services(addresses)
        # The replicas that an earlier run was scaled to do not count for this one.
        self.folder.replicas_file.unlink(missing_ok=True)
        self.supervisor.each_round = lambda: self._scale(amqp_uri, mongo_uri)
        # Last: the file tells others that the stack is ready.
        write_json(self.folder.stack_file, addresses)
        return addresses

    def stop(self) -> list[str]:
        """Stop everything and return the names of the processes that had to be killed."""
        self.folder.stack_file.unlink(missing_ok=True)
        killed = self.supervisor.stop()
        self.folder.supervisor_file.unlink(missing_ok=True)
        return killed

    def end_left_behind(self) -> None:
        """End the processes of a supervisor that was killed itself."""
        self.folder.stack_file.unlink(missing_ok=True)
        if left := find_marked(self.folder.secrets["mark"]):
            self._report(f"ending {len(left)} processes that an earlier stack left behind")
            _end_left(self.folder)

    def _scale(self, amqp_uri: str, mongo_uri: str) -> None:
        """Start and retire replicas as `lianshan scale` has asked."""
        for service, wanted in (read_json(self.folder.replicas_file) or {}).items():
            for number in range(1, services.MAX_REPLICAS + 1):
                name = services.replica_name(service, number)
                child = self.supervisor.children.get(name)
                if child is None and number <= wanted:
                    self.supervisor.add(self._make_replica(amqp_uri, mongo_uri, service, number))
                elif child is not None and number > wanted and child.state != "leaving":
                    self.supervisor.retire(name)

    def _make_replica(self, amqp_uri: str, mongo_uri: str, service: str, number: int) -> Program:
        return services.make_replica(
            self.folder, amqp_uri, mongo_uri, service, number, movable_clock=self.options.movable_clock
        )

    def _start_servers(self) -> tuple[str, str]:
        """Start the servers that are the stack's own; return the addresses of RabbitMQ and MongoDB."""
        own_mongod, own_rabbit = not self.options.mongo_uri, not self.options.amqp_uri
        # A missing mongod is found before RabbitMQ starts for nothing.
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
            self._report("MongoDB is ready")
        if own_rabbit:
            self.supervisor.wait_until(lambda: rabbitmq.is_ready(amqp_uri), RABBITMQ_SECONDS, "RabbitMQ's start")
            self._report("RabbitMQ is ready")
        return amqp_uri, mongo_uri

    def _declare_topology(self, amqp_uri: str) -> None:
        # After a crash the broker answers before all of its queues do: ask again until they stand.
        self.supervisor.wait_until(lambda: _try_to_declare(amqp_uri), TOPOLOGY_SECONDS, "declaring the queues")
        self._report("exchanges and queues stand")

    def _start_services(self, amqp_uri: str, mongo_uri: str) -> None:
        programs = services.make_programs(
            self.folder, amqp_uri, mongo_uri, self.options.replicas, movable_clock=self.options.movable_clock
        )
        for program in programs:
            self.supervisor.add(program)
        waiting = {program.name: str(program.ready_url) for program in programs}

        def all_ready() -> bool:
            for name, url in list(waiting.items()):
                if services.answers(url):
                    del waiting[name]
                    self._report(f"{name} is ready")
            return not waiting

        try:
            self.supervisor.wait_until(all_ready, SERVICES_SECONDS, "the services' start")
        except StartFailedError as error:
            raise StartFailedError(f"{error} (not ready: {', '.join(waiting)})") from None

    def _read_admin_key(self) -> str:
        path = services.admin_key_file(self.folder)
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            raise StartFailedError(
                f"The gateway has an admin key, but {path} is missing: put the key there, or begin with an empty store."
            ) from None

    def _seed(self, addresses: StackAddresses) -> None:
        from deploy.lianshan.local.seed import SeedError, seed_areas  # noqa: PLC0415 - httpx is slow to import

        try:
            count = seed_areas(addresses["gateway_url"], addresses["admin_token"])
        except SeedError as error:
            raise StartFailedError(str(error)) from None
        if count:
            self._report(f"imported {count} areas")


def _try_to_declare(amqp_uri: str) -> bool:
    """Declare the topology; return False where the broker is not ready for it yet."""
    try:
        connection = connect(amqp_uri, "lianshan topology")
        try:
            apply(connection.channel())
        finally:
            close_quietly(connection)
    except PreconditionFailed:
        _replace_queues(amqp_uri)
    except (*BROKER_ERRORS, BrokerUnreachableError):
        return False
    return True


def _replace_queues(amqp_uri: str) -> None:
    """Replace the queues of an earlier version, with their messages. Raises StartFailedError where one stays."""
    from deploy.lianshan.topology.queue_move import CannotMoveError  # noqa: PLC0415 - rarely needed
    from deploy.lianshan.topology.repair import repair  # noqa: PLC0415

    connection = connect(amqp_uri, "lianshan topology")
    try:
        if left := repair(connection).left:
            raise StartFailedError(left[0])
    except CannotMoveError as error:
        raise StartFailedError(str(error)) from None
    finally:
        close_quietly(connection)


def stop_stack(folder: Folder, report: Report) -> bool:
    """Stop the folder's stack from outside; return whether there was anything to stop."""
    identity = Identity.read(read_json(folder.supervisor_file))
    supervisor = identity.process() if identity else None
    if supervisor is not None and end_processes([supervisor], DOWN_SECONDS):
        report("the supervisor did not stop in time and was killed")
    left = find_marked(folder.secrets["mark"]) if folder.root.is_dir() else []
    if left:
        report(f"ending {len(left)} processes that were left")
        _end_left(folder)
    folder.stack_file.unlink(missing_ok=True)
    folder.supervisor_file.unlink(missing_ok=True)
    return supervisor is not None or bool(left)


def _end_left(folder: Folder) -> None:
    """End the processes left behind, services first: they finish their batch while their servers are still there."""
    identities = (identify(record) for record in read_records(folder) if record["ready_url"])
    services_left = (identity.process() for identity in identities if identity is not None)
    end_processes(filter(None, services_left), LEFT_SECONDS)
    end_processes(find_marked(folder.secrets["mark"]), LEFT_SECONDS)


def start_detached(
    folder: Folder, arguments: list[str], seconds: float, *, bound: bool = False
) -> subprocess.Popen[bytes]:
    """Start `lianshan up` as a process of its own and return it once the stack is ready.

    `bound` stops the stack when this process ends, however it ends. Raises StartFailedError, also when the stack is not
    ready after so many seconds; then it is stopped.
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
        # The number as well: the files of an earlier stack may still be there.
        identity = Identity.read(read_json(folder.supervisor_file))
        if identity and identity.pid == process.pid and folder.stack_file.exists():
            return process
        time.sleep(0.1)
    end_processes(filter(None, [Identity.of(process.pid).process()]), DOWN_SECONDS)
    raise StartFailedError(f"The stack was not ready after {seconds:g} s; see {log}")
