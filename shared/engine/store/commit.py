"""The commit of a batch: state, inbox, outbox and timers in one MongoDB transaction, guarded by versions.

The transaction commits with write concern `majority`, so that no failover rolls it back.
https://www.mongodb.com/docs/manual/core/transactions/
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bson import ObjectId
from bson.errors import BSONError
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.engine.amqp.claim import Claim
from shared.engine.decide.batch import Decisions
from shared.engine.decide.schema import STAMP, Document
from shared.engine.decide.unit_of_work import TimerRow
from shared.engine.store.collections import EVENTS_KEPT, INBOX, LETTERS, OUTBOX, TIMERS
from shared.engine.store.commands import check_written, delete, insert, split, split_outbox, update
from shared.engine.store.durability import DURABLE
from shared.engine.store.errors import (
    Conflict,
    Held,
    NotCommittableError,
    Unsettled,
    classify_error,
)
from shared.runtime.audit import AUDIT
from shared.runtime.clock import CityTime, MachineTime
from shared.runtime.logging import describe

COMMAND_KEY: Final = "command:"
"""The beginning of a command's key in the inbox."""
COMMIT_TRIES: Final = 2
"""How often the commit command is sent while its outcome is unknown. It may be sent again without effect; after that
the batch is processed again, and the inbox tells whether it was committed.
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a command, stored with the command's key: its JSON body, and the fingerprint of the request.

    `area` is that of its actor: another key of the principal gets the answer only where it reaches as far. An empty
    `fingerprint` is that of any request.
    """

    key: str
    fingerprint: str
    body: bytes
    area: str = ""
    letter: str = ""
    """Of a command that was given up: the id of its dead letter, whose retry alone may replace the answer."""


@dataclass(slots=True)
class Transaction:
    """Everything that one transaction writes. `commit` fills `outbox_ids`."""

    decisions: Decisions
    keys: Sequence[str]
    """The keys of the messages, for the inbox."""
    now: MachineTime
    """The date of the rows of inbox and outbox: a TTL index forgets the first, a sweep claims the second."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The stored names of collections that are stored under another name than their entities'."""
    answers: Sequence[Answer] = ()
    closed: Sequence[Answer] = ()
    """The final answers of commands that are given up: each closes its key, in a row of the inbox of its own."""
    restated: Sequence[Document] = ()
    """The statements that change the answers of closed keys, see `shared.engine.store.closed_keys`."""
    reopened: Sequence[str] = ()
    """The ids of dead letters whose retries are done: their keys are closed no longer, and are among `keys` again."""
    outbox: Sequence[Document] = ()
    """The rows of the events to publish."""
    audit: Sequence[Document] = ()
    """The rows of the audit, one for each command that has changed something."""
    fired: Sequence[TimerRow] = ()
    """The timers among the messages: they are deleted, each only where it is still due at the same time."""
    claims: Sequence[Claim] = ()
    """The stored messages that had failed before and are handled now: they are deleted, each only where its claim
    still holds."""
    letters: Sequence[Document] = ()
    """The statements that keep failed messages, see `shared.engine.store.letters`."""
    dropped: Sequence[tuple[str, datetime]] = ()
    """Dead letters to delete, each only where it was given up at that instant and has not been sent back since."""
    since: CityTime | None = None
    """When the oldest event among the messages happened, of those that came by a queue."""
    events_kept: timedelta = EVENTS_KEPT
    """How long the inbox keeps the keys of events and timers."""
    outbox_ids: list[ObjectId] = field(default_factory=list)


def commit(database: Database[Document], *transactions: Transaction) -> None:
    """Write all of them as one transaction, or nothing.

    Raises Conflict, NotCommittableError or StoreUnreachableError.
    """
    try:
        with database.client.start_session() as session:
            session.start_transaction(write_concern=DURABLE)
            try:
                for transaction in transactions:
                    _write(database, session, transaction)
            except BaseException:
                _abort(session)
                raise
            _commit(session)
    except Conflict:
        raise
    except PyMongoError as error:
        raise classify_error(error) from error
    except (BSONError, OverflowError, ValueError, TypeError) as error:
        # A value that BSON cannot hold, like an integer of more than 64 bits.
        raise NotCommittableError(describe(error)) from error


def _write(database: Database[Document], session: ClientSession, transaction: Transaction) -> None:
    # The inbox first: where another replica has handled one of the messages, nothing else is worth writing.
    _write_inbox(database, session, transaction)
    for collection, inserts, updates in _by_collection(transaction.decisions):
        name = transaction.names.get(collection, collection)
        insert(database, session, name, inserts)
        update(database, session, name, updates)
    for gone in transaction.decisions.removals:  # few; each is deleted only as it was read
        name = transaction.names.get(gone.collection, gone.collection)
        delete(database, session, name, [{"q": gone.guard(), "limit": 1}], "a thing to delete has changed")
    _write_timers(database, session, transaction)
    _write_letters(database, session, transaction)
    insert(database, session, AUDIT, list(transaction.audit))
    transaction.outbox_ids = []
    for part in split_outbox(transaction.outbox):
        document: Document = {"_id": ObjectId(), "at": transaction.now, "messages": part}
        insert(database, session, OUTBOX, [document])
        transaction.outbox_ids.append(document["_id"])


def _write_inbox(database: Database[Document], session: ClientSession, transaction: Transaction) -> None:
    _reopen(database, session, transaction.reopened)
    rows: list[Document] = [
        {"_id": a.letter, "keys": [a.key], "answers": [to_document(a)], "at": transaction.now, "letter": a.letter}
        for a in transaction.closed
    ]
    try:
        insert(database, session, INBOX, [*rows, *_inbox_rows(transaction)])
    except Held:
        raise
    except Conflict as error:
        raise Unsettled(str(error)) from error
    for part in split(transaction.restated):  # a key that was never closed stays as it is
        check_written(database.command({"update": INBOX, "updates": part}, session=session), None)


def _reopen(database: Database[Document], session: ClientSession, letters: Sequence[str]) -> None:
    # Before the keys are inserted again. Of two replicas with the same retry only one finds the row.
    if letters:
        deletes = [{"q": {"_id": letter}, "limit": 1} for letter in letters]
        delete(database, session, INBOX, deletes, "the retry of a command was done elsewhere")


def to_document(answer: Answer) -> Document:
    """Return the answer as its row of the inbox holds it."""
    return {"key": answer.key, "fingerprint": answer.fingerprint, "body": answer.body, "area": answer.area}


def _inbox_rows(transaction: Transaction) -> list[Document]:
    """Return a row for the commands, with their answers, and one for the others, which is forgotten earlier."""
    commands = [key for key in transaction.keys if key.startswith(COMMAND_KEY)]
    others = [key for key in transaction.keys if not key.startswith(COMMAND_KEY)]
    rows: list[Document] = []
    if commands:
        answers = [to_document(answer) for answer in transaction.answers]
        rows.append({"keys": commands, "answers": answers, "at": transaction.now})
    if others:
        row = {"keys": others, "answers": [], "at": transaction.now, "until": transaction.now + transaction.events_kept}
        rows.append(row if transaction.since is None else {**row, "since": transaction.since})
    return rows


def _by_collection(decisions: Decisions) -> Iterable[tuple[str, list[Document], list[Document]]]:
    """Return the inserts and the guarded updates of each collection."""
    inserts: dict[str, list[Document]] = {}
    updates: dict[str, list[Document]] = {}
    for key, original, entity in decisions.writes:
        form, collection = entity.stored_as, entity.collection
        if original is None:
            inserts.setdefault(collection, []).append(form.stamped(entity.to_document()))
            continue
        # The guard finds nothing where another replica has written meanwhile; `_check` then sees one document too few.
        guard: Document = {"_id": entity.id, "version": original.version}
        if key in decisions.identities.other_form:
            change = form.stamped(entity.to_document())
        else:
            guard[STAMP], change = form.stamp, entity.changes_since(original)
        updates.setdefault(collection, []).append({"q": guard, "u": change})
    # Always in the same order of collections, so that two replicas conflict early and not in a circle.
    return [(c, inserts.get(c, []), updates.get(c, [])) for c in sorted(inserts.keys() | updates.keys())]


def _write_timers(database: Database[Document], session: ClientSession, transaction: Transaction) -> None:
    # Fired ones are deleted first: a handler may set the same key again.
    if transaction.fired:
        deletes = [{"q": {"_id": row.key, "due": row.due}, "limit": 1} for row in transaction.fired]
        delete(database, session, TIMERS, deletes, "a timer was fired elsewhere")
    rows = transaction.decisions.timers.values()
    forgotten = [{"q": {"_id": row.key}, "limit": 1} for row in rows if row.timer is None]
    if forgotten:
        database.command({"delete": TIMERS, "deletes": forgotten}, session=session)
    # A timer that waits for another try keeps its count when it is set again: one that always fails is given up.
    first: Document = {"$setOnInsert": {"attempts": 0}}
    updates = [
        {"q": {"_id": row.key}, "u": {"$set": _timer_document(row), **first}, "upsert": True}
        for row in rows
        if row.timer
    ]
    if updates:
        check_written(database.command({"update": TIMERS, "updates": updates}, session=session), None)


def _write_letters(database: Database[Document], session: ClientSession, transaction: Transaction) -> None:
    if transaction.claims:
        deletes = [{"q": {"_id": claim.id, "due": claim.due}, "limit": 1} for claim in transaction.claims]
        delete(database, session, LETTERS, deletes, "a failed message was taken up elsewhere")
    if transaction.dropped:
        deletes = [{"q": {"_id": letter, "dead": given_up}, "limit": 1} for letter, given_up in transaction.dropped]
        delete(database, session, LETTERS, deletes, "a dead letter was sent back or dropped elsewhere")
    for part in split(transaction.letters):
        # Each finds or makes its document, but for one whose claim another replica has settled meanwhile.
        check_written(database.command({"update": LETTERS, "updates": part}, session=session), len(part))


def _timer_document(row: TimerRow) -> Document:
    assert row.timer is not None, "a forgotten timer has no document"
    return {
        "due": row.due,
        "type": row.timer.type,
        "data": row.timer.model_dump(mode="json"),
        "correlation": row.correlation,
        "traceparent": row.traceparent,
    }


def _commit(session: ClientSession) -> None:
    for last in (*(False for _ in range(COMMIT_TRIES - 1)), True):
        try:
            session.commit_transaction()
        except PyMongoError as error:
            # With this label the command may be sent again: the server commits a transaction at most once.
            # https://www.mongodb.com/docs/manual/core/transactions-in-applications/
            if last or not error.has_error_label("UnknownTransactionCommitResult"):
                raise
        else:
            return


def _abort(session: ClientSession) -> None:
    try:
        session.abort_transaction()
    except PyMongoError:
        return  # the server ends the transaction by itself; the error that led here is the one to report
