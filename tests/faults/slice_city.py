"""A city that bears any fault: three members of the store, two replicas of each service that has an engine."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from fault_city import SERVICES, City, running_city, until
from members import Members, three_members

from deploy.lianshan.local import rabbitmq
from deploy.lianshan.local.stack import Options

REPLICAS: Final = {name: f"{name}-2" for name in SERVICES}
"""The second process of each."""
SKEWED: Final = Path(__file__).parents[1] / "integration" / "skewed.py"
CONTROL_SECONDS: Final = 60


@dataclass
class SliceCity:
    """The stack and the members of its store."""

    city: City
    members: Members

    def recover(self) -> None:
        """Have every process and every member run again, after any fault."""
        for port in self.members.ports:
            until(lambda port=port: self._takes_part(port), "each member of the store to take part")  # type: ignore[misc]
        for child in self.city.stack.supervisor.children.values():
            child.quick_deaths = 0
        self.city.wait_ready()

    # ---- the store -------------------------------------------------------------------------------------------

    def _takes_part(self, port: int) -> bool:
        told = self.members.ask(port, "hello")
        return bool(told.get("secondary") or told.get("isWritablePrimary"))

    @contextmanager
    def still(self, port: int) -> Iterator[None]:
        """Have a member stand still, as one whose network is cut: nobody hears it, and its view stays as it was."""
        self.members.processes[port].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.members.processes[port].send_signal(signal.SIGCONT)

    @contextmanager
    def failing(self, commands: list[str], **data: Any) -> Iterator[None]:
        """Have the primary fail these commands of clients, as its own test commands do, see `failCommand`."""
        port = self.members.primary()
        told = self.members.ask(
            port, "configureFailPoint", "failCommand", mode="alwaysOn", data={"failCommands": commands, **data}
        )
        assert told, "test commands are enabled"
        try:
            yield
        finally:
            assert self.members.ask(port, "configureFailPoint", "failCommand", mode="off"), "the member still answers"

    # ---- the broker ------------------------------------------------------------------------------------------

    def control_broker(self, *arguments: str) -> None:
        """Give the broker an order as its operator does."""
        program, environment = rabbitmq.control(self.city.stack.folder)
        done = subprocess.run(
            [*program, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=CONTROL_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    # ---- processes -------------------------------------------------------------------------------------------

    @contextmanager
    def skewed(self, name: str, ahead: float) -> Iterator[None]:
        """Have a replica's host show so many seconds more than it should: its later life has that clock."""
        child = self.city.child(name)
        usual = child.program
        child.program = replace(usual, arguments=[usual.arguments[0], str(SKEWED), usual.arguments[2], str(ahead)])
        try:
            self.city.kill(name)
            self.city.wait_ready(name)
            yield
        finally:
            child.program = usual
            child.quick_deaths = 0
            self.city.kill(name)

    @contextmanager
    def standing_still(self, name: str) -> Iterator[None]:
        """Have a process stand still, as on a host that swaps."""
        process = until(lambda: self.city.child(name).process, f"{name} to run")
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)


@contextmanager
def running_slice_city(root: Path) -> Iterator[SliceCity]:
    """A city of its own in `root`; gone at the end."""
    with ExitStack() as ends:
        members = ends.enter_context(three_members(root / "members"))
        options = Options(replicas=dict.fromkeys(SERVICES, 2), mongo_uri=members.uri, seed=False)
        yield SliceCity(ends.enter_context(running_city(root / "city", options)), members)
