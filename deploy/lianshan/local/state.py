"""The state of a stack as its folder holds it: the addresses, and each supervised process."""

from typing import TypedDict

import psutil

from deploy.lianshan.local.folder import Folder, read_json
from deploy.lianshan.local.processes import Identity
from deploy.lianshan.local.services import answers


class StackAddresses(TypedDict):
    """The addresses of a stack: the content of `stack.json`. Servers alone have neither gateway nor key: empty."""

    gateway_url: str
    admin_token: str
    amqp_uri: str
    mongo_uri: str


class ProcessRecord(TypedDict):
    """A process as the supervisor records it in `status.json`; `since_boot` is its start in seconds after boot."""

    name: str
    state: str
    pid: int | None
    since_boot: float | None
    restarts: int
    last_exit: int | None
    ready_url: str | None


class ProcessState(TypedDict):
    """A process as `lianshan status` shows it."""

    name: str
    state: str
    ready: bool
    pid: int | None
    uptime_seconds: float | None
    restarts: int
    last_exit: int | None
    ready_url: str | None


def read_records(folder: Folder) -> list[ProcessRecord]:
    """Return the supervisor's records; none where nothing was ever started there."""
    return list((read_json(folder.status_file) or {}).get("processes", []))


def read_processes(folder: Folder) -> list[ProcessState]:
    """Return the supervised processes as they are now."""
    return [_examine(record) for record in read_records(folder)]


def identify(record: ProcessRecord) -> Identity | None:
    """Return the process that the record names; None where it had none."""
    pid, start = record["pid"], record.get("since_boot")
    return None if pid is None or start is None else Identity(pid, start)


def is_up(folder: Folder) -> bool:
    """Return whether a supervisor runs in the folder."""
    identity = Identity.read(read_json(folder.supervisor_file))
    return identity is not None and identity.process() is not None


def has_left_processes(folder: Folder) -> bool:
    """Return whether processes of the folder's stack run on although their supervisor has ended."""
    return not is_up(folder) and any(_find_process(record) is not None for record in read_records(folder))


def read_addresses(folder: Folder) -> StackAddresses | None:
    """Return the addresses of the folder's stack while any of its processes runs."""
    # After a reboot the file is still there, and nothing answers at its addresses.
    return read_json(folder.stack_file) if is_up(folder) or has_left_processes(folder) else None


def _find_process(record: ProcessRecord) -> psutil.Process | None:
    identity = identify(record)
    return None if identity is None else identity.process()


def _examine(record: ProcessRecord) -> ProcessState:
    identity, url = identify(record), record["ready_url"]
    alive = _find_process(record) is not None
    # The supervisor may be gone itself and its last word be old.
    state = record["state"] if alive or record["state"] != "running" else "dead"
    return {
        "name": record["name"],
        "state": state,
        "ready": answers(url) if alive and url else alive,
        "pid": record["pid"] if alive else None,
        "uptime_seconds": round(identity.age, 1) if alive and identity else None,
        "restarts": record["restarts"],
        "last_exit": record["last_exit"],
        "ready_url": url,
    }
