"""A restore with the embedded stack around it: its servers, then the documents, then the services, then the laws."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from amqp.exceptions import AMQPError
from pymongo.errors import PyMongoError

from deploy.lianshan.backup.container import Progress, Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.keys import Keys
from deploy.lianshan.backup.restore import Restored, restore_backup
from deploy.lianshan.erasures import Journal, JournalFailedError, check_journal
from deploy.lianshan.laws import check_laws, find_pending_work, word_breaches
from deploy.lianshan.local.folder import Folder, write_private
from deploy.lianshan.local.services import admin_key_file
from deploy.lianshan.local.signals import interrupt_on_sigterm
from deploy.lianshan.local.stack import Options, Report, Stack
from deploy.lianshan.local.state import StackAddresses
from deploy.lianshan.local.supervisor import StartFailedError
from deploy.lianshan.pauses import name_paused
from deploy.lianshan.stores import SERVICES, open_stores
from shared.engine.amqp.broker import BrokerUnreachableError
from shared.runtime.control import CONTROL, PAUSE

STUCK_SECONDS: Final = 60.0
"""Messages that are under way and do not become fewer in this time count as stuck."""
LOOK_SECONDS: Final = 0.5


@dataclass
class StackRestored:
    """The result of a restore, and the state of the platform once the messages under way have arrived."""

    restored: Restored
    left: list[str] = field(default_factory=list)
    """A line for each place where messages got stuck."""
    breaches: list[str] | None = None
    """Breaches of the laws; None where they were not checked."""

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        laws = None if self.breaches is None else {"kept": not self.breaches, "breaches": self.breaches}
        return {**self.restored.to_json(), "left_under_way": self.left, "laws": laws}


def check_before_start(folder: Folder, options: Options, backup: Reader, journal: Journal | None) -> None:
    """Refuse a journal of erasures that cannot do, where the files alone show it: no server is started for that.

    A MongoDB of your own, or one that has run in the folder, may hold a later copy of the journal: it is read then.
    Raises RestoreFailedError.
    """
    if options.mongo_uri or folder.has_documents:
        return
    try:
        check_journal(journal, backup.manifest.journal, backup.path.name)
    except JournalFailedError as error:
        raise RestoreFailedError(f"{error}. Nothing was started.") from error


def restore_stack(
    folder: Folder, options: Options, backup: Reader, keys: Keys, *, prefix: str, journal: Journal | None,
    report: Report, progress: Progress,
) -> StackRestored:  # fmt: skip
    """Restore into the folder's stack, which must not run; it is stopped again at the end.

    With servers of your own for both, the services are your own as well: then they are not started and the laws not
    checked. Raises RestoreFailedError, BadBackupError, StartFailedError, FolderInUseError.
    """
    folder.make()
    own_servers = bool(options.amqp_uri and options.mongo_uri)
    new_admin_key = not (keys.admin_key or own_servers)
    found: list[Restored] = []

    def fill(amqp_uri: str, mongo_uri: str) -> None:
        report("restoring")
        done = restore_backup(
            backup, mongo_uri, prefix, amqp_uri, new_admin_key=new_admin_key, vault=keys.vault, journal=journal,
            progress=progress,
        )  # fmt: skip
        found.append(done)
        _adopt_keys(folder, keys)

    with folder.held(), interrupt_on_sigterm():
        if own_servers:
            fill(str(options.amqp_uri), str(options.mongo_uri))
            return StackRestored(found[0])
        running = Stack(folder, replace(options, seed=False, bound=True, before_services=fill), report)
        try:
            addresses = running.start()
            return _await_arrival(running, found[0], addresses, prefix, report)
        finally:
            report("stopping")
            running.stop()


def _adopt_keys(folder: Folder, keys: Keys) -> None:
    """Install the restored keys in the stack."""
    if keys.data_key:
        folder.keep_data_key(keys.data_key)
    if keys.webhook_key:
        folder.keep_webhook_key(keys.webhook_key)
    if keys.admin_key:
        write_private(admin_key_file(folder), f"{keys.admin_key}\n")


def _await_arrival(
    running: Stack, restored: Restored, addresses: StackAddresses, prefix: str, report: Report
) -> StackRestored:
    """Wait until everything under way has arrived, then check the laws."""
    report("waiting for the messages under way to arrive")
    patience = _Patience()
    while True:
        left = _find_left(addresses, prefix)
        breaches = left or check_laws(addresses["mongo_uri"], prefix, addresses["amqp_uri"])
        # A law may be broken for a moment, between two services' steps: it counts when nothing moves any more.
        if not breaches or patience.is_over(breaches):
            return StackRestored(restored, left, [] if left else breaches)
        # A service that fails here is among the findings of the next look.
        with suppress(StartFailedError):
            running.supervisor.wait_until(_after(LOOK_SECONDS), STUCK_SECONDS, "")


def _after(seconds: float) -> Callable[[], bool]:
    end_at = time.monotonic() + seconds
    return lambda: time.monotonic() > end_at


def _find_left(addresses: StackAddresses, prefix: str) -> list[str]:
    try:
        left = word_breaches(find_pending_work(addresses["mongo_uri"], prefix, addresses["amqp_uri"]))
        return [*left, *_find_paused(addresses["mongo_uri"], prefix)] if left else []
    except (AMQPError, OSError, BrokerUnreachableError, PyMongoError) as error:
        return [f"a server does not answer: {error}"]


def _find_paused(mongo_uri: str, prefix: str) -> Iterator[str]:
    with open_stores(mongo_uri, prefix) as stores:
        for service in SERVICES:
            if stores.collection(service, CONTROL).find_one({"_id": PAUSE}) is not None:
                name = name_paused(service)
                yield f"{name} is paused, as when the backup was made: `lianshan resume {name}` once it is up"


class _Patience:
    """Is over when nothing has changed for STUCK_SECONDS."""

    def __init__(self) -> None:
        self._last: list[str] = []
        self._since = time.monotonic()

    def is_over(self, now: list[str]) -> bool:
        if now != self._last:
            self._last, self._since = now, time.monotonic()
        return time.monotonic() - self._since > STUCK_SECONDS
