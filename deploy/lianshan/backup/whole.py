"""A restore with the embedded stack around it: its servers, then the documents, then the services, then the laws."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from amqp.exceptions import AMQPError
from pymongo.errors import PyMongoError

from deploy.lianshan.backup.container import Reader
from deploy.lianshan.backup.keys import Keys
from deploy.lianshan.backup.restoring import Restored, Told, restore_backup
from deploy.lianshan.laws import check_laws, left_to_do
from deploy.lianshan.laws.stores import SERVICES, opened
from deploy.lianshan.local.folder import Folder, write_json, write_private
from deploy.lianshan.local.services import admin_key_file
from deploy.lianshan.local.stack import Options, Say, Stack
from deploy.lianshan.local.stopping import stoppable
from deploy.lianshan.local.supervisor import StartFailedError
from shared.engine.amqp.broker import BrokerUnreachableError
from shared.runtime.control import CONTROL, PAUSE

STUCK_SECONDS: Final = 60.0
"""What is under way must become less in this time, or it counts as stuck."""
LOOK_SECONDS: Final = 0.5


@dataclass
class Outcome:
    """What was restored, and how the platform stands once what was under way has arrived."""

    restored: Restored
    left: list[str] = field(default_factory=list)
    """What is still on its way, where it got stuck."""
    breaches: list[str] | None = None
    """Of the laws; None where nobody could look."""

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        laws = None if self.breaches is None else {"kept": not self.breaches, "breaches": self.breaches}
        return {**self.restored.to_json(), "left_under_way": self.left, "laws": laws}


def restore_stack(
    folder: Folder, options: Options, backup: Reader, keys: Keys, *, prefix: str, say: Say, told: Told
) -> Outcome:
    """Into that folder's stack, which must not run; it is stopped again at the end.

    With servers of one's own for both, the services are one's own, too: they are not started, and the laws not checked.
    Raises RestoreFailedError, BadBackupError, StartFailedError, FolderInUseError.
    """
    folder.make()
    own_servers = bool(options.amqp_uri and options.mongo_uri)
    new_admin_key = not (keys.admin_key or own_servers)
    found: list[Restored] = []

    def fill(amqp_uri: str, mongo_uri: str) -> None:
        say("restoring")
        done = restore_backup(backup, mongo_uri, prefix, amqp_uri, new_admin_key=new_admin_key, told=told)
        found.append(done)
        _keep(folder, keys)

    with folder.held(), stoppable():
        if own_servers:
            fill(str(options.amqp_uri), str(options.mongo_uri))
            return Outcome(found[0])
        running = Stack(folder, replace(options, seed=False, bound=True, before_services=fill), say)
        try:
            addresses = running.start()
            return _watched(running, found[0], addresses, prefix, say)
        finally:
            say("stopping")
            running.stop()


def _keep(folder: Folder, keys: Keys) -> None:
    """Have the stack use the restored keys from now on."""
    if keys.data_key:
        write_json(folder.root / "secrets.json", {**folder.secrets, "data_key": keys.data_key})
        folder.__dict__.pop("secrets", None)
    if keys.admin_key:
        write_private(admin_key_file(folder), f"{keys.admin_key}\n")


def _watched(running: Stack, restored: Restored, addresses: dict[str, str], prefix: str, say: Say) -> Outcome:
    """Wait until everything under way has arrived, then hold what stands there to the laws."""
    say("waiting for what was under way to arrive")
    wait = _Patience()
    while True:
        left = _left(addresses, prefix)
        breaches = left or check_laws(addresses["mongo_uri"], prefix, addresses["amqp_uri"])
        if not breaches or wait.over(breaches):
            return Outcome(restored, left, [] if left else breaches)
        looked = time.monotonic()
        with suppress(StartFailedError):
            running.supervisor.wait_until(lambda at=looked: time.monotonic() > at + LOOK_SECONDS, STUCK_SECONDS, "")  # type: ignore[misc]


def _left(addresses: dict[str, str], prefix: str) -> list[str]:
    try:
        left = left_to_do(addresses["mongo_uri"], prefix, addresses["amqp_uri"])
        return [*left, *_paused(addresses["mongo_uri"], prefix)] if left else []
    except (AMQPError, OSError, BrokerUnreachableError, PyMongoError) as error:
        return [f"a server does not answer: {error}"]


def _paused(mongo_uri: str, prefix: str) -> Iterator[str]:
    with opened(mongo_uri, prefix) as stores:
        for service in SERVICES:
            if stores.collection(service, CONTROL).find_one({"_id": PAUSE}) is not None:
                yield f"{service} is paused, as when the backup was made: `lianshan resume {service}` once it is up"


class _Patience:
    """Runs out when nothing has changed for STUCK_SECONDS."""

    def __init__(self) -> None:
        self._last: list[str] = []
        self._since = time.monotonic()

    def over(self, now: list[str]) -> bool:
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        return time.monotonic() - self._since > STUCK_SECONDS
