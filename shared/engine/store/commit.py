"""State, inbox, outbox and timers of a batch in one MongoDB transaction, guarded by versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bson import ObjectId
from bson.errors import BSONError
from pymongo import ASCENDING, IndexModel, WriteConcern
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from shared.engine.decide.batch import Decided
from shared.engine.decide.schema import STAMP
from shared.engine.decide.unit_of_work import TimerRow
from shared.runtime.logging import describe

INBOX: Final = "inbox"
OUTBOX: Final = "outbox"
TIMERS: Final = "timers"
INBOX_KEEPS: Final = timedelta(days=35)
"""Longer than every retry and than a dead letter is allowed to lie before it is retried by hand."""
CHUNK: Final = 1000
COMMIT_TRIES: Final = 5
DUPLICATE_KEY: Final = 11000
WRITE_CONFLICT: Final = 112
NAMESPACE_EXISTS: Final = 48
INDEX_CONFLICTS: Final = frozenset({85, 86})
STORE_TROUBLE: Final = frozenset(
    {6, 7, 13, 18, 24, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031}
)
"""Codes that speak of the store and not of what is written: unreachable, not primary, not authorised, too slow, full.
https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
"""

Document = dict[str, Any]

INDEXES: Final = {
    INBOX: [
        IndexModel([("keys", ASCENDING)], unique=True, name="keys"),
        IndexModel([("at", ASCENDING)], expireAfterSeconds=int(INBOX_KEEPS.total_seconds()), name="forget"),
    ],
    OUTBOX: [],
    TIMERS: [IndexModel([("due", ASCENDING)], name="due")],
}
"""One inbox document a batch: its keys are unique over all documents, which is what keeps two replicas apart."""


class Conflict(Exception):  # noqa: N818 - nothing has gone wrong: someone else was first
    """Another replica changed what this batch decided on, or has handled one of its messages: decide anew."""


class Held(Conflict):
    """What the batch would write is locked by an open transaction; one that a killed process left behind stays open
    until MongoDB ends it, see transactionLifetimeLimitSeconds.
    """


class NotCommittableError(Exception):
    """MongoDB refuses the batch as it is (too large, not valid): split it to find the culprit."""


class IndexConflictError(RuntimeError):
    """MongoDB has an index of that name with other keys, or of those keys with another name."""


class StoreUnreachableError(Exception):
    """MongoDB did not answer; nothing is known to be wrong with the batch."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A command's answer as it is kept with its key."""

    key: str
    fingerprint: str
    body: bytes


@dataclass(slots=True)
class Batch:
    """Everything that one transaction writes."""

    decided: Decided
    keys: Sequence[str]
    now: datetime
    answers: Sequence[Answer] = ()
    outbox: Sequence[Document] = ()
    fired: Sequence[TimerRow] = ()
    outbox_ids: list[ObjectId] = field(default_factory=list)


def commit(database: Database[Document], batch: Batch) -> None:
    """Write it all or nothing. Raises Conflict, NotCommittableError or StoreUnreachableError."""
    try:
        with database.client.start_session() as session:
            session.start_transaction(write_concern=WriteConcern("majority", wtimeout=15_000))
            try:
                _write(database, session, batch)
            except BaseException:
                _abort(session)
                raise
            _commit(session)
    except Conflict:
        raise
    except PyMongoError as error:
        raise meaning(error) from error
    except (BSONError, OverflowError, ValueError, TypeError) as error:
        raise NotCommittableError(describe(error)) from error


def _write(database: Database[Document], session: ClientSession, batch: Batch) -> None:
    # The inbox first: when another replica has handled one of the messages, nothing else is worth writing.
    answers = [{"key": a.key, "fingerprint": a.fingerprint, "body": a.body} for a in batch.answers]
    if batch.keys:
        _insert(database, session, INBOX, [{"keys": list(batch.keys), "answers": answers, "at": batch.now}])
    for collection, inserts, updates in _by_collection(batch.decided):
        _insert(database, session, collection, inserts)
        _update(database, session, collection, updates)
    _write_timers(database, session, batch)
    if batch.outbox:
        documents: list[Document] = [
            {"_id": ObjectId(), "at": batch.now, "messages": part} for part in _parts(batch.outbox)
        ]
        _insert(database, session, OUTBOX, documents)
        batch.outbox_ids = [d["_id"] for d in documents]


def _by_collection(decided: Decided) -> Iterable[tuple[str, list[Document], list[Document]]]:
    inserts: dict[str, list[Document]] = {}
    updates: dict[str, list[Document]] = {}
    for key, stored, entity in decided.writes:
        form, collection = entity.stored_as, entity.collection
        if stored is None:
            inserts.setdefault(collection, []).append(form.stamped(entity.to_document()))
            continue
        guard: Document = {"_id": entity.id, "version": stored.version}
        if key in decided.identities.otherwise:
            change = form.stamped(entity.to_document())
        else:
            guard[STAMP], change = form.stamp, entity.changes_since(stored)
        updates.setdefault(collection, []).append({"q": guard, "u": change})
    # Always in the same order of collections, so that two replicas conflict early and not in a circle.
    return [(c, inserts.get(c, []), updates.get(c, [])) for c in sorted(inserts.keys() | updates.keys())]


def _write_timers(database: Database[Document], session: ClientSession, batch: Batch) -> None:
    if batch.fired:
        deletes = [{"q": {"_id": row.key, "due": row.due}, "limit": 1} for row in batch.fired]
        result = database.command({"delete": TIMERS, "deletes": deletes}, session=session)
        if result["n"] != len(deletes):
            raise Conflict("a timer was fired elsewhere")
    rows = batch.decided.timers.values()
    forgotten = [{"q": {"_id": row.key}, "limit": 1} for row in rows if row.timer is None]
    if forgotten:
        database.command({"delete": TIMERS, "deletes": forgotten}, session=session)
    updates = [{"q": {"_id": row.key}, "u": _timer_document(row), "upsert": True} for row in rows if row.timer]
    if updates:
        _check(database.command({"update": TIMERS, "updates": updates}, session=session), None)


def _timer_document(row: TimerRow) -> Document:
    assert row.timer is not None, "a forgotten timer has no document"
    return {
        "_id": row.key,
        "due": row.due,
        "type": row.timer.type,
        "data": row.timer.model_dump(mode="json"),
        "correlation": row.correlation,
        "traceparent": row.traceparent,
        "attempts": 0,
    }


def _insert(database: Database[Document], session: ClientSession, collection: str, documents: list[Document]) -> None:
    for part in _parts(documents):
        _check(database.command({"insert": collection, "documents": part}, session=session), len(part))


def _update(database: Database[Document], session: ClientSession, collection: str, updates: list[Document]) -> None:
    for part in _parts(updates):
        _check(database.command({"update": collection, "updates": part}, session=session), len(part))


def _check(result: Document, expected: int | None) -> None:
    for error in result.get("writeErrors", ()):
        if error["code"] in {DUPLICATE_KEY, WRITE_CONFLICT}:
            raise (Conflict if error["code"] == DUPLICATE_KEY else Held)(error.get("errmsg", "duplicate key"))
        raise NotCommittableError(error.get("errmsg", "write error"))
    if expected is not None and result["n"] != expected:
        raise Conflict(f"{expected - result['n']} of {expected} documents have changed since they were read")


def _parts(documents: Sequence[Document]) -> Iterable[list[Document]]:
    return (list(documents[i : i + CHUNK]) for i in range(0, len(documents), CHUNK))


def _commit(session: ClientSession) -> None:
    for last in (*(False for _ in range(COMMIT_TRIES - 1)), True):
        try:
            session.commit_transaction()
        except PyMongoError as error:
            if last or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
        else:
            return


def _abort(session: ClientSession) -> None:
    try:
        session.abort_transaction()
    except PyMongoError:
        return  # the server forgets the transaction by itself; the error that led here is the one to tell


def meaning(error: PyMongoError) -> Conflict | NotCommittableError | StoreUnreachableError:
    """What an error of MongoDB, in reading or writing, means for the batch at hand."""
    said = describe(error)
    if isinstance(error, ConnectionFailure):
        return StoreUnreachableError(said)
    if not isinstance(error, OperationFailure):
        return NotCommittableError(said)
    if error.code == DUPLICATE_KEY:
        return Conflict(said)
    if error.code == WRITE_CONFLICT or error.has_error_label("TransientTransactionError"):
        return Held(said)
    unknown = any(map(error.has_error_label, ("RetryableWriteError", "UnknownTransactionCommitResult")))
    return StoreUnreachableError(said) if unknown or error.code in STORE_TROUBLE else NotCommittableError(said)


def ensure_indexes(database: Database[Document], models: dict[str, list[IndexModel]]) -> None:
    """Create what is missing; collections too, because a transaction that creates one conflicts easily.

    Raises IndexConflictError where an index stands otherwise.
    """
    existing = set(database.list_collection_names())
    for collection, indexes in {**INDEXES, **models}.items():
        if collection not in existing:
            _create(database, collection)
        if indexes:
            _build(database, collection, indexes)


def _build(database: Database[Document], collection: str, indexes: list[IndexModel]) -> None:
    try:
        database[collection].create_indexes(indexes)
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
