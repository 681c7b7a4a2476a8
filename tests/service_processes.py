"""The services as tests run them: each in a process of its own, without the second of CPU that its imports take."""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.lianshan.local.services import SOURCE

SECONDS = 90.0
END_SECONDS = 60.0
INTEGRATION = Path(__file__).with_name("integration")
_START = threading.Lock()


@dataclass
class _Server:
    """A process that has imported the module, and forks one for each start."""

    process: subprocess.Popen[str]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: object) -> int | None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with self.lock:
            self.process.stdin.write(f"{json.dumps(request)}\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        assert answer, f"the server of a service has ended with {self.process.wait(10)}"
        found: int | None = json.loads(answer)
        return found


class ServiceProcess:
    """A started service, with the part of `subprocess.Popen` that tests use."""

    def __init__(self, server: _Server, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._server = server
        self._handle = os.pidfd_open(pid)
        self._ending = threading.Lock()

    def __del__(self) -> None:
        os.close(self._handle)

    def poll(self) -> int | None:
        """Return the exit status; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status. Raises TimeoutExpired after so many seconds."""
        found = self._look(timeout)
        if found is None:
            raise subprocess.TimeoutExpired([f"process {self.pid}"], timeout or 0)
        return found

    def send_signal(self, number: int) -> None:
        """Send it, unless the process has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # another thread has just seen its end
                signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _look(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._handle], [], [], seconds)[0]:
            with self._ending:
                if self.returncode is None:
                    self.returncode = self._server.ask(self.pid)
            assert self.returncode is not None
        return self.returncode


Process = subprocess.Popen[bytes] | ServiceProcess


def start_service(service: str, environment: Mapping[str, str], err: Path, out: Path | None = None) -> ServiceProcess:
    """Start `python -m services.SERVICE`; its output is appended to the files, that on `out` is dropped without one."""
    return start_module(f"services.{service}", environment, err, out)


def start_module(module: str, environment: Mapping[str, str], err: Path, out: Path | None = None) -> ServiceProcess:
    """Start `python -m MODULE`, of the platform or of `tests/integration`, as `start_service` does."""
    server = _find_server(module)
    request = {
        "environment": dict(environment),
        "folder": str(Path.cwd()),
        "out": str(out or os.devnull),
        "err": str(err),
    }
    pid = server.ask(request)
    assert pid is not None
    return ServiceProcess(server, pid)


def run_service(
    service: str, environment: Mapping[str, str], seconds: float = SECONDS
) -> subprocess.CompletedProcess[str]:
    """Return the ended service with its words. Raises TimeoutExpired."""
    with TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = start_service(service, environment, err, out)
        try:
            status = process.wait(seconds)
        finally:
            process.kill()
            process.wait(10)
        return subprocess.CompletedProcess([service], status, out.read_text(), err.read_text())


def _find_server(module: str) -> _Server:
    with _START:
        return _make_server(module)


@cache
def _make_server(module: str) -> _Server:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LIANSHAN_")}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("service_server.py")), module],
        env={**kept, "EVENTLET_NO_GREENDNS": "yes", "PYTHONPATH": f"{SOURCE}{os.pathsep}{INTEGRATION}"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    atexit.register(process.communicate, timeout=END_SECONDS)
    return _Server(process)
