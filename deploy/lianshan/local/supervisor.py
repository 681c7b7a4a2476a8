"""Keeps the stack's processes running: restarts what dies, gives up on what dies at once again and again."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from deploy.lianshan.local import logfiles
from deploy.lianshan.local.folder import Folder, write_json
from deploy.lianshan.local.processes import MARK, Identity, end, end_with_parent, marked
from deploy.lianshan.local.programs import Program
from shared.runtime.settings import EXIT_BAD_SETTINGS

QUICK_SECONDS: Final = 5.0
"""A process that dies sooner has not really run."""
QUICK_DEATHS: Final = 8
"""So many quick deaths in a row, and it counts as failed; a bad setting does so at once."""
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 10.0
_TICK: Final = 0.05
_ROTATE_EVERY: Final = 5.0
_WORDS: Final = 300

State = Literal["running", "waiting", "failed", "stopped", "leaving"]


class StopRequestedError(Exception):
    """Someone asked the stack to stop while it was doing something else."""


class StartFailedError(RuntimeError):
    """The stack could not be started; says which part and why."""


@dataclass
class Child:
    """One program and the process that runs it now."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    identity: Identity | None = None
    state: State = "waiting"
    restarts: int = 0
    quick_deaths: int = 0
    last_exit: int | None = None
    due: float = 0.0
    started_at: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As `lianshan status` reads it."""
        return {
            "name": self.program.name,
            "state": self.state,
            "pid": self.process.pid if self.process and self.state == "running" else None,
            "started": self.identity.started if self.identity and self.state == "running" else None,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "ready_url": self.program.ready_url,
        }


@dataclass
class Supervisor:
    """Runs in one thread: `watch` and `wait_until` do its rounds."""

    folder: Folder
    bound: bool = False
    """Whether the processes end with this one, however it ends; otherwise they outlive a kill of it."""
    children: dict[str, Child] = field(default_factory=dict)
    stop_requested: bool = False
    each_round: Callable[[], None] = lambda: None
    """What its owner wants looked at now and then."""
    _rotated: float = 0.0
    _written: Any = None

    def take_signals(self) -> None:
        """SIGTERM, SIGINT and SIGHUP ask for a stop."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def add(self, program: Program) -> None:
        """Start it and keep it running."""
        child = self.children[program.name] = Child(program)
        self._start(child)

    def retire(self, name: str) -> None:
        """Ask it to end; it is forgotten once it has, and killed where it takes too long."""
        child = self.children[name]
        if child.process is None or child.process.poll() is not None:
            del self.children[name]
            return
        child.state, child.due = "leaving", time.monotonic() + child.program.stop_seconds
        child.process.terminate()

    def wait_until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Do rounds until it holds. Raises StartFailedError when time is up or a process has failed."""
        end_at = time.monotonic() + seconds
        while not condition():
            self._round()
            if failed := [c for c in self.children.values() if c.state == "failed"]:
                raise StartFailedError(self._why(failed[0].program.name))
            if time.monotonic() > end_at:
                raise StartFailedError(f"{what} took longer than {seconds:g} s; see {self.folder.logs}")

    def watch(self) -> None:
        """Do rounds until someone asks for a stop."""
        while True:
            try:
                self._round()
            except StopRequestedError:
                return

    def stop(self) -> list[str]:
        """End every process, the last started first; the services together. Gives the names of those killed."""
        killed: list[str] = []
        for group in self._stop_order():
            processes = [p for c in group if c.identity and (p := c.identity.process())]
            seconds = max((c.program.stop_seconds for c in group), default=0.0)
            left = {p.pid for p in end(processes, seconds)}
            for child in group:
                if child.process is not None:
                    child.process.poll()
                    if child.process.pid in left:
                        killed.append(child.program.name)
                child.state = "stopped"
        end(marked(self.folder.secrets["mark"]), 2.0)
        self._write()
        return killed

    def _stop_order(self) -> list[list[Child]]:
        children = list(self.children.values())
        services = [c for c in children if c.program.ready_url]
        servers = [c for c in reversed(children) if not c.program.ready_url]
        return [services, *([c] for c in servers)]

    def _ask_to_stop(self, *_: object) -> None:
        self.stop_requested = True

    def _round(self) -> None:
        if self.stop_requested:
            raise StopRequestedError
        now = time.monotonic()
        for child in list(self.children.values()):
            if child.state == "running":
                self._check(child, now)
            elif child.state == "leaving":
                self._see_off(child, now)
            elif child.state == "waiting" and now >= child.due:
                child.restarts += 1
                self._start(child)
        if now - self._rotated > _ROTATE_EVERY:
            self._rotated = now
            for child in self.children.values():
                logfiles.rotate(self._log(child.program.name))
        self.each_round()
        self._write()
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
        quick = now - child.started_at < QUICK_SECONDS
        child.quick_deaths = child.quick_deaths + 1 if quick else 0
        if child.quick_deaths >= QUICK_DEATHS or code == EXIT_BAD_SETTINGS:
            child.state = "failed"
            return
        child.state = "waiting"
        child.due = now + (min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (child.quick_deaths - 1)) if quick else 0.0)

    def _see_off(self, child: Child, now: float) -> None:
        if child.process is None or child.process.poll() is not None:
            del self.children[child.program.name]
        elif now > child.due:
            child.process.kill()

    def _log(self, name: str) -> Any:
        return self.folder.logs / f"{name}.log"

    def _why(self, name: str) -> str:
        lines = "\n  ".join(line[:_WORDS] for line in logfiles.tail(self._log(name)))
        return f"{name} cannot run. Its last words, in {self._log(name)}:\n  {lines}"

    def _write(self) -> None:
        state = [child.to_json() for child in self.children.values()]
        if state != self._written:
            write_json(self.folder.status_file, {"processes": state})
            self._written = state
