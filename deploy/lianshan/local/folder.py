"""The data folder of one stack: what is kept where, which ports, which secrets, and who holds it."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

LOOPBACK: Final = "127.0.0.1"
PORTS: Final = range(20_000, 32_000)
"""Below the range from which Linux takes ports for outgoing connections."""
_PORT_TRIES: Final = 200


class FolderInUseError(RuntimeError):
    """Another `lianshan up` holds this folder."""


@dataclass(frozen=True)
class Folder:
    """One stack's `var/`. Secrets and addresses are files that only their owner reads."""

    root: Path

    @classmethod
    def here(cls, given: Path | None = None) -> "Folder":
        """The folder given, else that of LIANSHAN_VAR, else `var` in the working directory."""
        root = given or Path(os.environ.get("LIANSHAN_VAR") or "var")
        return cls(root.absolute())

    @property
    def stack_file(self) -> Path:
        """The addresses, there only while the stack is ready."""
        return self.root / "stack.json"

    @property
    def status_file(self) -> Path:
        """What the supervisor knows of each process."""
        return self.root / "run" / "status.json"

    @property
    def supervisor_file(self) -> Path:
        """The supervisor's pid and start time."""
        return self.root / "run" / "supervisor.json"

    @property
    def replicas_file(self) -> Path:
        """How many of each service `lianshan scale` has asked for since the start."""
        return self.root / "run" / "replicas.json"

    @property
    def logs(self) -> Path:
        """One file a process."""
        return self.root / "log"

    def make(self) -> None:
        """Create what is missing, closed to others."""
        for part in ("", "run", "log", "mongo", "rabbitmq"):
            (self.root / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder. The system lets go of it when this process ends, however it ends."""
        with (self.root / "run" / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderInUseError(f"A stack runs in {self.root}: stop it with `lianshan down`.") from None
            yield

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The broker's user and password, the data key, the mark: made once."""
        path = self.root / "secrets.json"
        known = read_json(path) or {}
        fresh = {
            "mark": secrets.token_hex(8),
            "broker_user": "lianshan",
            "broker_password": secrets.token_urlsafe(24),
            "data_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        if missing := fresh.keys() - known.keys():
            known |= {name: fresh[name] for name in missing}
            write_json(path, known)
        return known

    def port(self, name: str) -> int:
        """The port of that name: chosen once, chosen anew only when a stranger has taken it."""
        path = self.root / "ports.json"
        ports: dict[str, int] = read_json(path) or {}
        if name not in ports or not _is_free(ports[name]):
            ports[name] = _choose(set(ports.values()))
            write_json(path, ports)
        return ports[name]

    def known_port(self, name: str) -> int | None:
        """The port of that name as last chosen."""
        return (read_json(self.root / "ports.json") or {}).get(name)


def _choose(taken: set[int]) -> int:
    for _ in range(_PORT_TRIES):
        port = secrets.choice(PORTS)
        if port not in taken and _is_free(port):
            return port
    raise RuntimeError(f"no free port found between {PORTS.start} and {PORTS.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def read_json(path: Path) -> Any:
    """What the file holds, or None where there is none, or it was cut off by a crash."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def write_json(path: Path, value: Any) -> None:
    """Write all or nothing, readable by the owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(draft, "w", opener=_private) as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_private(path: Path, text: str) -> None:
    """A text file that only its owner reads."""
    path.unlink(missing_ok=True)
    with open(path, "x", opener=_private) as file:
        file.write(text)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
