"""A restore from beginning to end, into servers that run and hold nothing of the platform."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from deploy.lianshan.backup.container import Reader
from deploy.lianshan.backup.errors import RestoreFailedError
from deploy.lianshan.backup.loading import Document, Loading, store_errors_told
from deploy.lianshan.backup.republish import Republishing, check_idle
from services.gateway.declaration import ADMIN_ID
from shared.contracts.subscriptions import SUBSCRIPTIONS
from shared.engine.amqp.broker import BROKER_ERRORS, BrokerUnreachableError, close_quietly, connect

SELECTION_MILLISECONDS: Final = 10_000
SOCKET_MILLISECONDS: Final = 600_000
"""An index over a large collection is made within one call."""

Told = Callable[[int], None]


@dataclass(frozen=True)
class Restored:
    """What stands there now."""

    documents: int
    events: int
    """Messages to services that had not handled an event."""
    letters: int
    new_admin_key: bool
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "documents": self.documents,
            "events_republished": self.events,
            "dead_letters": self.letters,
            "new_admin_key": self.new_admin_key,
            "seconds": round(self.seconds, 3),
        }


def restore_backup(
    backup: Reader, mongo_uri: str, prefix: str, amqp_uri: str, *, new_admin_key: bool = False,
    told: Told = lambda _: None,
) -> Restored:  # fmt: skip
    """Put everything back, or nothing. No service may run yet. `told` hears the documents written.

    `new_admin_key` forgets the administrator's key, so that the gateway's first start makes another.
    Raises RestoreFailedError and BadBackupError.
    """
    began = monotonic()
    try:
        connection = connect(amqp_uri, "lianshan restore")
    except BrokerUnreachableError as error:
        raise RestoreFailedError(f"LIANSHAN_AMQP_URI: {error}") from error
    client: MongoClient[Document] = MongoClient(
        mongo_uri, tz_aware=True, appname="lianshan restore", serverSelectionTimeoutMS=SELECTION_MILLISECONDS,
        connectTimeoutMS=SELECTION_MILLISECONDS, socketTimeoutMS=SOCKET_MILLISECONDS,
    )  # fmt: skip
    try:
        with client, store_errors_told():
            check_idle(connection)
            loading = Loading(client, prefix, backup)
            loading.check_empty()
            sent = _all_or_nothing(loading, backup, connection, told)
            if new_admin_key:
                loading.database("gateway")["keys"].delete_one({"_id": ADMIN_ID})
    finally:
        close_quietly(connection)
    documents = backup.manifest.documents
    return Restored(documents, sent.events, sent.letters, new_admin_key, monotonic() - began)


def _all_or_nothing(loading: Loading, backup: Reader, connection: Any, told: Told) -> Republishing:
    stores = {service: loading.database(service) for service in SUBSCRIPTIONS}
    sending = Republishing(backup, stores, connection)
    try:
        loading.load(told)
        loading.count()
        sending.run()
        loading.index()
    except BaseException as error:
        # What stops it may be the servers' end, too; then the next try says that they are not empty.
        with suppress(PyMongoError, *BROKER_ERRORS):
            loading.undo()
            sending.undo()
        if isinstance(error, BROKER_ERRORS):
            raise RestoreFailedError(f"RabbitMQ did not take what was under way: {error}") from error
        raise
    return sending
