"""The supervisor of a stack's processes: restarts one that dies, gives up one that dies at once again and again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from deploy.lianshan.local import logfiles
from deploy.lianshan.local.folder import Folder, write_json
from deploy.lianshan.local.processes import MARK, Identity, end_processes, end_with_parent, find_marked
from deploy.lianshan.local.programs import Program
from shared.runtime.settings import EXIT_BAD_SETTINGS

if TYPE_CHECKING:
    from deploy.lianshan.local.state import ProcessRecord

QUICK_SECONDS: Final = 5.0
"""A process that dies sooner has not really run."""
QUICK_DEATHS: Final = 8
"""After so many quick deaths in a row a process counts as failed; with a bad setting at once."""
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 10.0
_TICK: Final = 0.05
_ROTATE_SECONDS: Final = 5.0
_LEFT_SECONDS: Final = 2.0
_MAX_WORDS: Final = 300

State = Literal["running", "waiting", "failed", "stopped", "leaving"]


class StopRequestedError(Exception):
    """The stack was asked to stop while it was starting or watching."""


class StartFailedError(RuntimeError):
    """The stack could not be started; the message names the part and the reason."""


@dataclass
class Child:
    """One program and the process that runs it now. `due` and `started_at` are of the monotonic clock."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    state: State = "waiting"
    restarts: int = 0
    quick_deaths: int = 0
    last_exit: int | None = None
    due: float = 0.0
    started_at: float = 0.0

    def to_record(self) -> "ProcessRecord":
        """Return its record for `status.json`."""
        running = self.state == "running"
        return {
            "name": self.program.name,
            "state": self.state,
            "pid": self.process.pid if self.process and running else None,
            "since_boot": self.identity.since_boot if self.identity and running else None,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "ready_url": self.program.ready_url,
        }


@dataclass
class Supervisor:
    """Supervises in one thread: `watch` and `wait_until` do its rounds."""

    folder: Folder
    bound: bool = False
    """Whether the processes end with this one, however it ends; otherwise they outlive a kill of it."""
    children: dict[str, Child] = field(default_factory=dict)
    stop_requested: bool = False
    each_round: Callable[[], None] = lambda: None
    """Called in every round, for the owner's own checks."""
    _rotated: float = 0.0
    _written: "list[ProcessRecord] | None" = None

    def take_signals(self) -> None:
        """Take SIGTERM, SIGINT and SIGHUP as requests to stop."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._request_stop)

    def add(self, program: Program) -> None:
        """Start a program and keep it running."""
        child = self.children[program.name] = Child(program)
        self._start(child)

    def retire(self, name: str) -> None:
        """Ask a process to end for good; it is killed where it takes longer than its `stop_seconds`."""
        child = self.children[name]
        if child.process is None or child.process.poll() is not None:
            del self.children[name]
            return
        child.state, child.due = "leaving", time.monotonic() + child.program.stop_seconds
        child.process.terminate()

    def wait_until(self, condition: Callable[[], bool], seconds: float, step: str) -> None:
        """Do rounds until the condition holds; `step` names the wait in an error.

        Raises StartFailedError when time is up or a process has failed, StopRequestedError.
        """
        end_at = time.monotonic() + seconds
        while not condition():
            self.run_round()
            if failed := [c for c in self.children.values() if c.state == "failed"]:
                raise StartFailedError(self._explain_failure(failed[0].program.name))
            if time.monotonic() > end_at:
                raise StartFailedError(f"{step} took longer than {seconds:g} s; see {self.folder.logs}")

    def watch(self) -> None:
        """Do rounds until a stop is requested."""
        while True:
            try:
                self.run_round()
            except StopRequestedError:
                return

    def stop(self) -> list[str]:
        """End every process, first the services together, then the servers from the last started on.

        Return the names of the processes that had to be killed.
        """
        killed: list[str] = []
        for group in self._order_stop():
            processes = [p for c in group if c.identity and (p := c.identity.process())]
            seconds = max((c.program.stop_seconds for c in group), default=0.0)
            left = {p.pid for p in end_processes(processes, seconds)}
            for child in group:
                if child.process is not None:
                    child.process.poll()
                    if child.process.pid in left:
                        killed.append(child.program.name)
                child.state = "stopped"
        # Children of a process that died itself: they bear the mark and have no parent here.
        end_processes(find_marked(self.folder.secrets["mark"]), _LEFT_SECONDS)
        self._write_status()
        return killed

    def _order_stop(self) -> list[list[Child]]:
        # Services finish the batch in hand, for which they need the servers.
        children = list(self.children.values())
        services = [c for c in children if c.program.ready_url]
        servers = [c for c in reversed(children) if not c.program.ready_url]
        return [services, *([c] for c in servers)]

    def _request_stop(self, *_: object) -> None:
        self.stop_requested = True

    def run_round(self) -> None:
        if self.stop_requested:
            raise StopRequestedError
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.state == "running":
                self._check(child, now)
            elif child.state == "leaving":
                self._finish_retiring(child, now)
            elif child.state == "waiting" and now >= child.due:
                child.restarts += 1
                self._start(child)
        if now - self._rotated > _ROTATE_SECONDS:
            self._rotated = now
            for child in self.children.values():
                logfiles.rotate(self._log(child.program.name))
        self.each_round()
        self._write_status()
        time.sleep(_TICK)

    def _start(self, child: Child) -> None:
        program = child.program
        environment = {**os.environ, **program.environment, MARK: self.folder.secrets["mark"]}
        with logfiles.open_log(self._log(program.name)) as log:
            child.process = subprocess.Popen(
                list(program.arguments),
                env=environment,
                cwd=self.folder.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent if self.bound else None,  # noqa: PLW1509 - it makes one system call
            )
        child.identity = Identity.of(child.process.pid)
        child.state, child.started_at = "running", time.monotonic()

    def _check(self, child: Child, now: float) -> None:
        code = child.process.poll() if child.process else None
        if code is None:
            return
        child.last_exit = code
        # A process that ran for a while starts again at once; one that dies at once waits longer each time.
        quick = now - child.started_at < QUICK_SECONDS
        child.quick_deaths = child.quick_deaths + 1 if quick else 0
        if child.quick_deaths >= QUICK_DEATHS or code == EXIT_BAD_SETTINGS:
            child.state = "failed"
            return
        child.state = "waiting"
        child.due = now + (min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (child.quick_deaths - 1)) if quick else 0.0)

    def _finish_retiring(self, child: Child, now: float) -> None:
        if child.process is None or child.process.poll() is not None:
            del self.children[child.program.name]
        elif now > child.due:
            child.process.kill()

    def _log(self, name: str) -> Path:
        return self.folder.logs / f"{name}.log"

    def _explain_failure(self, name: str) -> str:
        lines = "\n  ".join(line[:_MAX_WORDS] for line in logfiles.tail(self._log(name)))
        return f"{name} cannot run. Its last lines, in {self._log(name)}:\n  {lines}"

    def _write_status(self) -> None:
        records = [child.to_record() for child in self.children.values()]
        # Twenty rounds a second: the disk hears only of a change.
        if records != self._written:
            write_json(self.folder.status_file, {"processes": records})
            self._written = records
