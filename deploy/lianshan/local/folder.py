"""The data folder of one stack: its files, its ports, its secrets, and the lock of its supervisor."""

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
    """The data folder (`var/`) of one stack. Secrets and addresses are files that only their owner can read."""

    root: Path

    @classmethod
    def here(cls, given: Path | None = None) -> "Folder":
        """Return the folder given, else that of LIANSHAN_VAR, else `var` in the working directory."""
        root = given or Path(os.environ.get("LIANSHAN_VAR") or "var")
        return cls(root.absolute())

    @property
    def stack_file(self) -> Path:
        """Return the file of the addresses, which is there only while the stack is ready."""
        return self.root / "stack.json"

    @property
    def status_file(self) -> Path:
        """Return the file of the supervisor's records of each process."""
        return self.root / "run" / "status.json"

    @property
    def supervisor_file(self) -> Path:
        """Return the file of the supervisor's pid and start time."""
        return self.root / "run" / "supervisor.json"

    @property
    def replicas_file(self) -> Path:
        """Return the file of the replicas that `lianshan scale` has asked for since the start, by service."""
        return self.root / "run" / "replicas.json"

    @property
    def sandbox_file(self) -> Path:
        """Return the file that marks a sandbox and has its platform's key; it is in no other folder."""
        return self.root / "sandbox.json"

    def find_sandbox_key(self) -> str | None:
        """Return the platform's key of the sandbox; None where the folder is that of another stack."""
        known: dict[str, str] = read_json(self.sandbox_file) or {}
        return known.get("key")

    @property
    def secrets_file(self) -> Path:
        """Return the file of the secrets; it is there once a stack was started."""
        return self.root / "secrets.json"

    @property
    def data_key_file(self) -> Path:
        """Return the file of the key ring, which the services follow; it is there once a stack was started."""
        return self.root / "data_key"

    def keep_data_key(self, ring: str) -> None:
        """Install this key ring in the stack. The services that run take it up by themselves."""
        write_json(self.secrets_file, {**self.secrets, "data_key": ring})
        self.__dict__.pop("secrets", None)  # they were read once and kept
        replace_private(self.data_key_file, f"{ring}\n")

    @property
    def webhook_key_file(self) -> Path:
        """Return the file of the key that the secrets of webhooks are sealed with."""
        return self.root / "webhook_key"

    @property
    def notices_file(self) -> Path:
        """Return the file that notices to volunteers are written to, instead of a message gateway."""
        return self.root / "notices.jsonl"

    def keep_webhook_key(self, key: str = "") -> Path:
        """Have the stack use this key for webhooks, or without one the key that it has; return the key's file."""
        if key:
            write_json(self.secrets_file, {**self.secrets, "webhook_key": key})
            self.__dict__.pop("secrets", None)  # they were read once and kept
        if key or not self.webhook_key_file.is_file():
            replace_private(self.webhook_key_file, f"{self.secrets['webhook_key']}\n")
        return self.webhook_key_file

    def find_webhook_key(self) -> str:
        """Return the key of webhooks, empty where no stack was ever started here."""
        kept: dict[str, str] = read_json(self.secrets_file) or {}
        return kept.get("webhook_key", "")

    def find_data_key(self) -> str:
        """Return the key ring, empty where no stack was ever started here."""
        if self.data_key_file.is_file():
            return self.data_key_file.read_text(encoding="ascii").strip()
        kept: dict[str, str] = read_json(self.secrets_file) or {}
        return kept.get("data_key", "")

    @property
    def logs(self) -> Path:
        """Return the folder of the logs, one file a process."""
        return self.root / "log"

    @property
    def access_log(self) -> Path:
        """Return the folder of the gateway's access log, one file a day."""
        return self.logs / "access"

    @property
    def has_documents(self) -> bool:
        """Return whether a MongoDB has run in the folder, so that it may hold documents."""
        mongo = self.root / "mongo"
        return mongo.is_dir() and any(mongo.iterdir())

    def make(self) -> None:
        """Create the missing folders, closed to others."""
        for part in ("", "run", "log", "mongo", "rabbitmq"):
            (self.root / part).mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder's lock. The system releases it when this process ends, however it ends.

        Raises FolderInUseError where another process holds it.
        """
        with (self.root / "run" / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FolderInUseError(f"A stack runs in {self.root}: stop it with `lianshan down`.") from None
            yield

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Return the broker's user and password, the data key, the key of webhooks and the mark; made once."""
        known: dict[str, str] = read_json(self.secrets_file) or {}
        fresh = {
            "mark": secrets.token_hex(8),
            "broker_user": "lianshan",
            "broker_password": secrets.token_urlsafe(24),
            "data_key": base64.b64encode(secrets.token_bytes(32)).decode(),
            "webhook_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        }
        if missing := fresh.keys() - known.keys():
            # A folder of an older version may lack some; those that it has must never change.
            known |= {name: fresh[name] for name in missing}
            write_json(self.secrets_file, known)
        return known

    def port(self, name: str) -> int:
        """Return the port of that name: chosen once, and again only when another program has taken it."""
        path = self.root / "ports.json"
        ports: dict[str, int] = read_json(path) or {}
        if name not in ports or not _is_free(ports[name]):
            ports[name] = _choose(set(ports.values()))
            write_json(path, ports)
        return ports[name]

    def known_port(self, name: str) -> int | None:
        """Return the port of that name as last chosen; None before the first time."""
        ports: dict[str, int] = read_json(self.root / "ports.json") or {}
        return ports.get(name)


def _choose(taken: set[int]) -> int:
    for _ in range(_PORT_TRIES):
        port = secrets.choice(PORTS)
        if port not in taken and _is_free(port):
            return port
    raise RuntimeError(f"no free port found between {PORTS.start} and {PORTS.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a connection of the last run that lingers does not make the port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def read_json(path: Path) -> Any:
    """Return the content of the file; None where there is no file or a crash has cut it off."""
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None


def write_json(path: Path, value: object) -> None:
    """Write the file whole or not at all, readable by its owner only."""
    replace_private(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def replace_private(path: Path, text: str) -> None:
    """Write a text file whole or not at all, readable by its owner only."""
    # A reader sees the old file or the new one; a crash leaves a draft that nobody reads.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(draft, "w", opener=_private) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def write_private(path: Path, text: str) -> None:
    """Write a text file that only its owner can read."""
    # Opening an existing file would keep its mode.
    path.unlink(missing_ok=True)
    with open(path, "x", opener=_private) as file:
        file.write(text)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
