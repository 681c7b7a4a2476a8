"""A restore from beginning to end, into servers that run and hold nothing of the platform."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import Final, cast

from pymongo.errors import PyMongoError

from deploy.lianshan.backup.agency_queues import AgencyQueue, declare_agency_queues
from deploy.lianshan.backup.container import Progress, Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.loader import Loader, explain_store_errors
from deploy.lianshan.backup.manifest import AGENCIES
from deploy.lianshan.backup.republication import Republication, check_idle
from deploy.lianshan.erasures import Journal, JournalFailedError, check_journal, collect, replay_erasures
from deploy.lianshan.stores import Client, Store, Stores
from services.gateway.declaration import ADMIN_ID, begin_epoch
from shared.contracts.subscriptions import SUBSCRIPTIONS
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect
from shared.runtime.vault import Vault

SELECTION_MILLISECONDS: Final = 10_000
SOCKET_MILLISECONDS: Final = 600_000
"""An index over a large collection is built within one call."""
EPOCH_BYTES: Final = 10
"""Random: two restores of one backup never share an epoch of the feed."""


@dataclass(frozen=True)
class Restored:
    """The result of a restore: numbers of documents, of messages and of failed messages, and the seconds it took."""

    documents: int
    events: int
    """Messages to services that had not handled an event."""
    letters: int
    new_admin_key: bool
    seconds: float
    erasures: int = 0
    """Erasures of the journal that were replayed."""
    agencies: Sequence[str] = ()
    """The queues of agencies that stand again, empty."""
    refused: Sequence[str] = ()
    """A line about each queue of an agency that the broker did not make."""

    def to_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "documents": self.documents,
            "events_republished": self.events,
            "dead_letters": self.letters,
            "new_admin_key": self.new_admin_key,
            "erasures_replayed": self.erasures,
            "agency_queues": list(self.agencies),
            "agency_queues_refused": list(self.refused),
            "seconds": round(self.seconds, 3),
        }


def restore_backup(
    backup: Reader, mongo_uri: str, prefix: str, amqp_uri: str, *, new_admin_key: bool = False,
    vault: Vault | None = None, journal: Journal | None = None, progress: Progress = lambda _: None,
) -> Restored:  # fmt: skip
    """Put everything back, or nothing; then declare the queues of agencies, where the broker allows it.

    `journal` is that of a file, None where there is none: it, or the copy in MongoDB, is replayed, so that
    persons erased since the backup do not come back.

    No service may run yet. `progress` takes the documents written.
    `new_admin_key` removes the administrator's key, so that the gateway's first start makes another. `vault` seals the
    failed commands of a backup that release 0.2 made.
    Raises RestoreFailedError and BadBackupError.
    """
    began = monotonic()
    try:
        connection = connect(amqp_uri, "lianshan restore")
    except BrokerUnreachableError as error:
        raise RestoreFailedError(f"LIANSHAN_AMQP_URI: {error}") from error
    client = Client(
        mongo_uri, tz_aware=True, appname="lianshan restore", serverSelectionTimeoutMS=SELECTION_MILLISECONDS,
        connectTimeoutMS=SELECTION_MILLISECONDS, socketTimeoutMS=SOCKET_MILLISECONDS,
    )  # fmt: skip
    try:
        with client, explain_store_errors():
            check_idle(connection)
            loader = Loader(Stores(client, prefix), backup)
            loader.check_empty()
            entries = _choose_journal(loader.stores, journal, backup)
            republication = Republication(backup, _databases(loader), connection, vault)
            sent = _restore_whole(
                loader, republication, progress, partial(replay_erasures, loader.stores, entries, vault)
            )
            if new_admin_key:
                loader.database("gateway")["keys"].delete_one({"_id": ADMIN_ID})
            agencies = [cast("AgencyQueue", row) for row in backup.documents(AGENCIES)]
            refused = list(declare_agency_queues(connection, agencies))
    finally:
        close_quietly(connection)
    documents = backup.manifest.documents
    names = [row["queue"] for row in agencies]
    seconds = monotonic() - began
    return Restored(documents, sent.events, sent.letters, new_admin_key, seconds, len(entries), names, refused)


def _choose_journal(stores: Stores, file: Journal | None, backup: Reader) -> Journal:
    """Return the journal of erasures to replay. Raises RestoreFailedError where there is none that may count."""
    try:
        return check_journal(collect(stores, file), backup.manifest.journal, backup.path.name)
    except JournalFailedError as error:
        raise RestoreFailedError(f"{error}.") from error


def _databases(loader: Loader) -> dict[str, Store]:
    return {service: loader.database(service) for service in SUBSCRIPTIONS}


def _restore_whole(
    loader: Loader, republication: Republication, progress: Progress, erase: Callable[[], object]
) -> Republication:
    try:
        loader.load(progress)
        loader.check_counts()
        republication.run()
        loader.build_indexes()
        # The feed goes on from an earlier position: a cursor of before would point at other events.
        begin_epoch(loader.database("gateway"), token_hex(EPOCH_BYTES))
        erase()
    except BaseException as error:
        # Also on Ctrl-C. Where a server has ended the undoing fails as well; then the next try says that they are not
        # empty.
        with suppress(PyMongoError, *BROKER_ERRORS):
            loader.undo()
            republication.undo()
        if isinstance(error, BROKER_ERRORS):
            raise RestoreFailedError(f"RabbitMQ did not take the messages under way: {error}") from error
        raise
    return republication
