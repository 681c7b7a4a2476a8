"""Which processes belong to a stack, and how they are ended."""

import ctypes
import os
import signal
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

MARK: Final = "LIANSHAN_STACK_MARK"
"""In the environment of every process of a stack: a random word that its folder holds. Children inherit it."""

_PR_SET_PDEATHSIG: Final = 1
_KILL_SECONDS: Final = 10.0
_CLOCK_SECONDS: Final = 2.0
"""How far a start time may drift: it is reckoned from the time of boot, which follows the clock's corrections."""


@dataclass(frozen=True)
class Identity:
    """A process, told apart from a later one that was given the same number."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """That of a running process. Raises psutil.NoSuchProcess."""
        return cls(pid, psutil.Process(pid).create_time())

    @classmethod
    def read(cls, value: Any) -> "Identity | None":
        """Back from JSON."""
        return cls(int(value["pid"]), float(value["started"])) if value else None

    def to_json(self) -> dict[str, Any]:
        """As kept in a file."""
        return {"pid": self.pid, "started": self.started}

    def process(self) -> psutil.Process | None:
        """The process while it lives; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) < _CLOCK_SECONDS and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            pass
        return None


def end_with_parent() -> None:
    """For a child, before it becomes its program: have the system stop it when its parent is gone (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def marked(mark: str) -> list[psutil.Process]:
    """Every living process of the stack with that mark, whoever its parent is now."""
    entry = f"{MARK}={mark}".encode()
    others = (p for p in psutil.process_iter() if p.pid != os.getpid())
    return [process for process in others if entry in _environment(process.pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def end(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Ask them to stop, wait, kill what is left; gives those that had to be killed."""
    asked = list(processes)
    for process in asked:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(asked, timeout=seconds)
    for process in alive:
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=_KILL_SECONDS)
    return alive


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
