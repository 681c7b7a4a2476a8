"""The whole stack under the test's own supervisor, so that any part of it can be killed, armed and doubled."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import amqp
import httpx
import ports
from failed_messages import dead
from pymongo import MongoClient
from pymongo.database import Database
from stacks import NO_TLS

from deploy.lianshan.laws import check_laws, find_pending_work, word_breaches
from deploy.lianshan.local import services
from deploy.lianshan.local.folder import Folder
from deploy.lianshan.local.stack import Options, Stack
from deploy.lianshan.local.supervisor import Child, StopRequestedError
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect

SERVICES = ("stations", "charity", "volunteering", "projector")
"""The processes that run an engine."""
ENGINE_NAMES = {"projector": "gateway"}
"""Whose name in queues and stores is not that of the process."""
PATIENCE = 120.0
UNSEEDED = Options(seed=False)
POLICY = {
    "LIANSHAN_RECHECK_SECONDS": "3",
    "LIANSHAN_RECHECK_MINUTES": "1",
    "LIANSHAN_BEGUN_MINUTES_COUNT": "true",
    "LIANSHAN_QUIET_FROM": "00:00",
    "LIANSHAN_QUIET_UNTIL": "00:00",
    "LIANSHAN_STANDING_FROM": "00:00",
    "LIANSHAN_STANDING_UNTIL": "24:00",
    "LIANSHAN_STANDING_DAY_HOURS": "24",
    "LIANSHAN_STANDING_WEEK_HOURS": "168",
    "LIANSHAN_WEEKLY_ASKS": "100",
    "LIANSHAN_TRAVEL_FREE_METRES": "30000",
    "LIANSHAN_RATE_PER_SECOND": "100000",
    "LIANSHAN_RATE_BURST": "100000",
    "LIANSHAN_WEBHOOK_NETWORKS": "127.0.0.0/8",
}


def engine_name(process: str) -> str:
    """The name that the process's queues and databases begin with."""
    return ENGINE_NAMES.get(process, process)


def until(condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Wait until the question gives something true; return that. Fails when time is up."""
    end_at = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end_at, f"waited {seconds:g} s in vain for: {what}"
        time.sleep(0.05)
    return value


@dataclass
class City:
    """The running stack."""

    stack: Stack
    addresses: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _watching: threading.Thread | None = None

    # ---- processes ------------------------------------------------------------------------------------------

    def child(self, name: str) -> Child:
        """The supervisor's record of the process."""
        return self.stack.supervisor.children[name]

    def watch(self) -> None:
        """Begin to restart processes that die."""

        def rounds() -> None:
            with suppress(StopRequestedError):
                while True:
                    with self._lock:
                        self.stack.supervisor.run_round()

        self._watching = threading.Thread(target=rounds, name="supervisor", daemon=True)
        self._watching.start()

    def end(self) -> None:
        """Stop everything."""
        self.stack.supervisor.stop_requested = True
        if self._watching is not None:
            self._watching.join(10)
        killed = self.stack.stop()
        assert not killed, f"had to kill {killed}"

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send the process a signal; its supervisor starts it again."""
        process = until(lambda: self.child(name).state == "running" and self.child(name).process, f"{name} to run")
        with suppress(ProcessLookupError):
            os.kill(process.pid, number)

    def kill(self, name: str) -> None:
        """As `kill -9`; returns once the supervisor has started it again."""
        before = self.child(name).restarts
        self.signal(name, signal.SIGKILL)
        until(lambda: self.child(name).restarts > before, f"{name} to be started again")

    def is_ready(self, name: str) -> bool:
        """Whether the process runs and says so."""
        child = self.child(name)
        return child.state == "running" and services.answers(str(child.program.ready_url))

    def wait_ready(self, *names: str) -> None:
        """Until these run, or all that are services."""
        children = self.stack.supervisor.children
        for name in names or [name for name, child in children.items() if child.program.ready_url]:
            until(lambda name=name: self.is_ready(name), f"{name} to be ready")  # type: ignore[misc]

    def arm(self, plans: Mapping[str, str], then: str = "") -> dict[str, int]:
        """Start these again, to strike as planned, and in the life after that as `then` says; the restarts so far."""
        before = {name: self.child(name).restarts for name in plans}
        for name, plan in plans.items():
            self._plan(name, plan)
            self.signal(name, signal.SIGTERM)
        for name in plans:
            child = self.child(name)
            until(lambda child=child, name=name: child.restarts > before[name], f"{name} to be started again")  # type: ignore[misc]
            self._plan(name, then)
            child.quick_deaths = 0
        self.wait_ready(*plans)
        return {name: self.child(name).restarts for name in plans}

    def _plan(self, name: str, plan: str) -> None:
        child = self.child(name)
        child.program = replace(child.program, environment={**child.program.environment, "LIANSHAN_FAILPOINTS": plan})

    def disarm(self, name: str) -> None:
        """Later lives of the process strike nowhere."""
        self._plan(name, "")

    def hold_back(self, *names: str) -> None:
        """Stop these processes and keep them stopped until `let_go`."""
        for name in names:
            with self._lock:
                self.child(name).state = "stopped"
        processes = [process for name in names if (process := self.child(name).process)]
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)

    def let_go(self, *names: str) -> None:
        """Have them run again."""
        for name in names:
            child = self.child(name)
            with self._lock:
                child.quick_deaths, child.due, child.state = 0, 0.0, "waiting"
        self.wait_ready(*names)

    def add_replicas(self, *names: str) -> None:
        """A second process of each of these services."""
        wanted = {f"{name}-2" for name in names}
        programs = services.make_programs(
            self.stack.folder, self.addresses["amqp_uri"], self.addresses["mongo_uri"], dict.fromkeys(names, 2)
        )
        for program in programs:
            if program.name in wanted:
                with self._lock:
                    self.stack.supervisor.add(program)
        self.wait_ready(*wanted)

    def remove_replicas(self, *names: str) -> None:
        """Stop the second processes again."""
        second = [f"{name}-2" for name in names]
        self.hold_back(*second)
        with self._lock:
            for name in second:
                del self.stack.supervisor.children[name]

    # ---- observations ---------------------------------------------------------------------------------------

    def client(self) -> httpx.Client:
        """The API, as the administrator."""
        headers = {"Authorization": f"Bearer {self.addresses['admin_token']}"}
        return httpx.Client(base_url=self.addresses["gateway_url"], headers=headers, timeout=20, verify=NO_TLS)

    @contextmanager
    def database(self, service: str) -> Iterator[Database[dict[str, Any]]]:
        """The store of a service."""
        with MongoClient[dict[str, Any]](self.addresses["mongo_uri"], tz_aware=True) as client:
            yield client[service]

    @contextmanager
    def channel(self) -> Iterator[amqp.Channel]:
        """A stranger's channel to the broker."""
        connection = connect(self.addresses["amqp_uri"], "fault test")
        try:
            channel = connection.channel()
            channel.auto_decode = False
            channel.confirm_select()
            yield channel
        finally:
            close_quietly(connection)

    def take_all(self, queue: str) -> list[Any]:
        """Everything that is ready in the queue."""
        found = []
        with self.channel() as channel:
            while (message := channel.basic_get(queue, no_ack=True)) is not None:
                found.append(message)
        return found

    def publish(self, messages: Sequence[tuple[str, str, bytes, dict[str, Any]]]) -> None:
        """(exchange, routing key, body, properties) of each, confirmed by the broker."""
        with self.channel() as channel:
            for exchange, key, body, properties in messages:
                channel.basic_publish_confirm(amqp.Message(body, **properties), exchange=exchange, routing_key=key)

    def dead_letters(self, service: str) -> list[Any]:
        """The dead letters of a process's service; takes them out, so that the laws see none that was meant."""
        return self.take_dead(engine_name(service))

    def take_dead(self, service: str) -> list[dict[str, Any]]:
        """The dead letters of a service; takes them out."""
        with self.database(service) as database:
            found = dead(database)
            database["letters"].delete_many({"_id": {"$in": [letter["_id"] for letter in found]}})
        return found

    def outboxes_empty(self, *names: str) -> bool:
        """Whether these have said all that they have to say."""
        for name in names:
            with self.database(name) as database:
                if database["outbox"].count_documents({}):
                    return False
        return True

    def at_rest(self) -> list[str]:
        """The messages still on their way; empty at rest."""
        try:
            return word_breaches(find_pending_work(self.addresses["mongo_uri"], "", self.addresses["amqp_uri"]))
        except (*BROKER_ERRORS, BrokerUnreachableError) as error:
            return [f"the broker does not answer: {error}"]

    def breaches(self) -> list[str]:
        """Of the laws."""
        return check_laws(self.addresses["mongo_uri"], "", self.addresses["amqp_uri"])


@contextmanager
def running_city(root: Path, options: Options = UNSEEDED) -> Iterator[City]:
    """A stack of its own in `root`; gone at the end."""
    before = {name: os.environ.get(name) for name in POLICY}
    os.environ.update(POLICY)
    folder = Folder(root)
    folder.make()
    ports.prepare(folder)
    city = City(Stack(folder, options, lambda _: None))
    try:
        with folder.held():
            try:
                city.addresses = {name: str(value) for name, value in city.stack.start().items()}
                city.watch()
                yield city
            finally:
                city.end()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
