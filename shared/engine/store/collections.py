"""The engine's own collections in a service's database, and the making of collections and indexes at start."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from pymongo import ASCENDING, IndexModel
from pymongo.database import Database
from pymongo.errors import OperationFailure

from shared.engine.decide.schema import Document
from shared.runtime.logging import describe

INBOX: Final = "inbox"
OUTBOX: Final = "outbox"
TIMERS: Final = "timers"
LETTERS: Final = "letters"
"""Messages that failed: those that wait for another try, and dead letters."""
JOB_FILE_PARTS: Final = "job_file_parts"
JOB_ERRORS: Final = "job_errors"
SEALED_ROWS: Final = (JOB_FILE_PARTS, JOB_ERRORS)
"""Rows of jobs whose field `sealed` holds a value of the ring itself, sealed for `row_place`."""
STARTED: Final = "started"
"""Messages that are handled alone at the moment, because a process may have ended with them before."""
LOG_POSITIONS: Final = "log_positions"
INBOX_KEEPS: Final = timedelta(days=35)
"""How long a command's key is remembered, with its answer. A command that arrives again later is executed again."""
EVENTS_KEPT: Final = timedelta(days=7)
"""How long the keys of events and timers are remembered by default, see `LIANSHAN_INBOX_DAYS`. An event that arrives
again later is decided again, and changes nothing: its aggregate's version is known. In days, because that decision
costs more than a look into the inbox, and a restore delivers again every event that no inbox knows.
"""
NAMESPACE_EXISTS: Final = 48
BUILT_BY: Final = "majority"
"""The members that must have built an index before it stands: by default all of them, and then one member that lags or
is away holds every build up without end. https://www.mongodb.com/docs/manual/core/index-creation/
"""
INDEX_CONFLICTS: Final = frozenset({85, 86})
"""IndexOptionsConflict and IndexKeySpecsConflict.
https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
"""

INDEXES: Final = {
    INBOX: [
        IndexModel([("keys", ASCENDING)], unique=True, name="keys"),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=int(INBOX_KEEPS.total_seconds()), name="forget"),
        IndexModel(
            [("until", ASCENDING)],
            expireAfterSeconds=0,
            name="forget_early",
            partialFilterExpression={"until": {"$exists": True}},
        ),
    ],
    OUTBOX: [],
    LOG_POSITIONS: [],
    TIMERS: [
        IndexModel([("due", ASCENDING)], name="due"),
        IndexModel([("attempts", ASCENDING)], name="failing", partialFilterExpression={"attempts": {"$gt": 0}}),
    ],
    STARTED: [IndexModel([("at", ASCENDING)], expireAfterSeconds=86_400, name="forget")],
    LETTERS: [
        IndexModel([("due", ASCENDING)], name="due", partialFilterExpression={"due": {"$exists": True}}),
        IndexModel(
            [("queue", ASCENDING), ("dead", ASCENDING)],
            name="dead",
            partialFilterExpression={"dead": {"$exists": True}},
        ),
    ],
}
"""The inbox has one document a batch, or two where it holds commands and events, not one a message, which is less to
write. Those of events and timers have `until`, and `since`, the time of the oldest event that came by a queue. The
unique index spans the keys of all documents: of two replicas with the same message only one can commit.
"""


class IndexConflictError(RuntimeError):
    """MongoDB has an index of that name with other keys, or of those keys with another name."""


def is_new(database: Database[Document]) -> bool:
    """Return whether the database has no collection yet. Raises PyMongoError."""
    return not database.list_collection_names()


def ensure_indexes(
    database: Database[Document], indexes: Mapping[str, Sequence[IndexModel]], *, milliseconds: int | None = None,
    engine: bool = True,
) -> None:  # fmt: skip
    """Create the missing collections and indexes, the engine's own among them; for a process without engine not those.

    Collections are created here, because a transaction that creates one conflicts easily. `milliseconds` bound the
    build of one collection's indexes, which else lasts as long as the caller waits. Raises
    IndexConflictError where an index exists with another definition.
    """
    existing = set(database.list_collection_names())
    for collection, models in {**(INDEXES if engine else {}), **indexes}.items():
        if models:  # which creates the collection, too
            _build(database, collection, models, milliseconds)
        elif collection not in existing:
            _create(database, collection)


def _build(
    database: Database[Document], collection: str, models: Sequence[IndexModel], milliseconds: int | None
) -> None:
    bound: dict[str, Any] = {} if milliseconds is None else {"maxTimeMS": milliseconds}
    try:
        database[collection].create_indexes(list(models), commitQuorum=BUILT_BY, **bound)
    except OperationFailure as error:
        if error.code not in INDEX_CONFLICTS:
            raise
        raise IndexConflictError(
            f"an index of {database.name}.{collection} stands otherwise ({describe(error)}): one with other keys needs "
            "a new name, one with the same keys keeps its name; see docs/changing-contracts-and-stores.md"
        ) from error


def _create(database: Database[Document], collection: str) -> None:
    try:
        database.create_collection(collection, check_exists=False)
    except OperationFailure as error:
        if error.code != NAMESPACE_EXISTS:  # another replica was quicker
            raise


def row_place(collection: str, one: str) -> tuple[str, str, str]:
    """Return the place that the row of a job with that id is sealed for."""
    return collection, one, "sealed"
