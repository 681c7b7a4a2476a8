"""The processes of a stack: how they are recognised, and how they are ended."""

import ctypes
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

import psutil

MARK: Final = "LIANSHAN_STACK_MARK"
"""The variable of every process of a stack: a random word that its folder holds. Children inherit it."""

_PR_SET_PDEATHSIG: Final = 1
_KILL_SECONDS: Final = 10.0
_NEAR_SECONDS: Final = 2.0
"""The inaccuracy of a start, which the system states to the second where the clock was corrected meanwhile."""


class IdentityRecord(TypedDict):
    """An identity as a file holds it."""

    pid: int
    since_boot: float


@dataclass(frozen=True)
class Identity:
    """A process by its number and its start, in seconds after boot: a later one with the same number is another.

    A time of day would change with each correction of the clock: minutes, when a virtual machine goes on after a pause.
    """

    pid: int
    since_boot: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        """Return the identity of a running process. Raises psutil.NoSuchProcess."""
        return cls(pid, _find_start(psutil.Process(pid)))

    @classmethod
    def read(cls, record: IdentityRecord | None) -> "Identity | None":
        """Return the identity that a file holds; None where there is no file, or one of another release."""
        return cls(record["pid"], record["since_boot"]) if record and "since_boot" in record else None

    def to_json(self) -> IdentityRecord:
        """Return it as a file holds it."""
        return {"pid": self.pid, "since_boot": self.since_boot}

    @property
    def age(self) -> float:
        """The seconds since its start."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self.since_boot

    def process(self) -> psutil.Process | None:
        """Return the process while it lives; a zombie counts as dead."""
        try:
            process = psutil.Process(self.pid)
            if abs(_find_start(process) - self.since_boot) < _NEAR_SECONDS and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            pass
        return None


def _find_start(process: psutil.Process) -> float:
    return process.create_time() - psutil.boot_time()


def end_with_parent() -> None:
    """Ask the system to send this process SIGTERM when its parent is gone (Linux).

    Called in a child before it becomes its program; the setting survives that.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def find_marked(mark: str) -> list[psutil.Process]:
    """Return every living process of the stack with that mark, also one whose parent has died."""
    entry = f"{MARK}={mark}".encode()
    others = (p for p in psutil.process_iter() if p.pid != os.getpid())
    return [process for process in others if entry in _read_environment(process.pid)]


def _read_environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def end_processes(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Send SIGTERM, wait `seconds`, then kill the rest; return the processes that had to be killed."""
    asked = list(processes)
    for process in asked:
        _send(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(asked, timeout=seconds)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=_KILL_SECONDS)
    return alive


def _send(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return  # it ended by itself meanwhile
