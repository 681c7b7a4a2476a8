"""The write commands of a transaction, and the limits that MongoDB puts on each of them."""

from collections.abc import Iterable, Sequence
from typing import Final

from pymongo.client_session import ClientSession
from pymongo.database import Database

from shared.engine.decide.schema import Document
from shared.engine.store.errors import (
    DUPLICATE_KEY,
    WRITE_CONFLICT,
    Conflict,
    Held,
    classify_code,
)

CHUNK: Final = 1000
"""Writes in one command. MongoDB allows 100,000 and 48 MB; with entities of a few KiB this stays far below both."""
OUTBOX_BYTES: Final = 8 * 1024 * 1024
"""Bytes of events in one document of the outbox: half of the most that a document may have."""


def insert(database: Database[Document], session: ClientSession, collection: str, documents: list[Document]) -> None:
    """Insert the documents. Raises Conflict where an id or a unique key is taken."""
    for part in split(documents):
        check_written(database.command({"insert": collection, "documents": part}, session=session), len(part))


def update(database: Database[Document], session: ClientSession, collection: str, updates: list[Document]) -> None:
    """Run the updates, of one document each. Raises Conflict where one of them finds none."""
    for part in split(updates):
        check_written(database.command({"update": collection, "updates": part}, session=session), len(part))


def delete(database: Database[Document], session: ClientSession, name: str, deletes: list[Document], why: str) -> None:
    """Delete the documents. Raises Conflict with `why` where one is not as it was read any more."""
    result = database.command({"delete": name, "deletes": deletes}, session=session)
    if result["n"] != len(deletes):
        raise Conflict(why)


def check_written(result: Document, expected: int | None) -> None:
    """Raise Conflict, Held or NotCommittableError where a command did not write all of the `expected` documents."""
    for error in result.get("writeErrors", ()):
        if error["code"] in {DUPLICATE_KEY, WRITE_CONFLICT}:
            raise (Conflict if error["code"] == DUPLICATE_KEY else Held)(error.get("errmsg", "duplicate key"))
        raise classify_code(error["code"], error.get("errmsg", "write error"))
    if expected is not None and result["n"] != expected:
        raise Conflict(f"{expected - result['n']} of {expected} documents have changed since they were read")


def split(documents: Sequence[Document]) -> Iterable[list[Document]]:
    """Return the documents in lists of CHUNK at most."""
    return (list(documents[i : i + CHUNK]) for i in range(0, len(documents), CHUNK))


def split_outbox(rows: Sequence[Document]) -> Iterable[list[Document]]:
    """Return the rows in documents of the outbox: CHUNK rows and OUTBOX_BYTES of events at most in each."""
    part: list[Document] = []
    size = 0
    for row in rows:
        size += len(row["b"])
        if part and (len(part) == CHUNK or size > OUTBOX_BYTES):
            yield part
            part, size = [], len(row["b"])
        part.append(row)
    if part:
        yield part
