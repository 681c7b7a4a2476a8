"""A peer's three service processes: started, measured, stopped."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

SERVICES = ("stations", "charity", "volunteering")
STOP_SECONDS = 15
NOTHING: Final[Mapping[str, Mapping[str, str]]] = {}


class PeerDiedError(RuntimeError):
    """A service process ended while it was measured; the message holds the end of its log."""


@dataclass
class Running:
    """The processes of one peer."""

    processes: dict[str, "subprocess.Popen[bytes]"]
    logs: dict[str, Path]

    def check(self) -> None:
        """Raise PeerDiedError if one is gone."""
        for service, process in self.processes.items():
            if process.poll() is not None:
                tail = self.logs[service].read_text(errors="replace")[-3000:]
                raise PeerDiedError(f"{service} ended with {process.returncode}:\n{tail}")

    def cpu_seconds(self) -> float:
        """User and system time of all of them so far."""
        times = [psutil.Process(process.pid).cpu_times() for process in self.processes.values()]
        return sum(t.user + t.system for t in times)

    def memory_mib(self, what: str = "VmHWM") -> dict[str, float]:
        """`VmHWM` (the peak) or `VmRSS` (now) of each, in MiB."""
        return {service: _status_mib(process.pid, what) for service, process in self.processes.items()}


def _status_mib(pid: int, what: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"/proc/{pid}/status has no {what}")


@contextmanager
def running(
    module: str, environment: Mapping[str, str], folder: Path, more: Mapping[str, tuple[str, Mapping[str, str]]]
) -> Iterator[Running]:
    """Start `python -m module` for each service (`{service}` is filled in), and end them afterwards.

    `more` are processes besides: by name, with their service and an environment of their own.
    """
    everything: dict[str, tuple[str, Mapping[str, str]]] = {service: (service, {}) for service in SERVICES}
    asked = (everything | dict(more)).items()
    programs = {name: [word.format(service=service) for word in module.split()] for name, (service, _) in asked}
    with running_programs(programs, environment, folder, {name: own for name, (_, own) in asked}) as started:
        yield started


@contextmanager
def running_programs(
    programs: Mapping[str, Sequence[str]], environment: Mapping[str, str], folder: Path,
    own: Mapping[str, Mapping[str, str]] = NOTHING,
) -> Iterator[Running]:  # fmt: skip
    """Start `python -m` with each program's words, by name, and end them afterwards; `own` adds to the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    started = Running({}, {})
    try:
        for name, command in programs.items():
            started.logs[name] = folder / f"{name}.log"
            started.processes[name] = _start(command, {**environment, **own.get(name, {})}, started.logs[name])
        yield started
    finally:
        _stop(list(started.processes.values()))


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
    return port


def _start(command: Sequence[str], environment: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def _stop(processes: "Sequence[subprocess.Popen[bytes]]") -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)
