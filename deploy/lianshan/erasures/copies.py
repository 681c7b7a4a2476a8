"""The copies of the journal of erasures: the store of stations, a database of its own, and a file of JSON lines."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pymongo import ASCENDING, WriteConcern

from deploy.lianshan.local.folder import replace_private
from deploy.lianshan.stores import Stores
from shared.people.journal import (
    COPY,
    ContradictionError,
    Head,
    JournalEntry,
    check_chain,
    contains,
    join,
    journal_database,
)

SOURCE: Final = ("stations", "erasure_journal")
"""The collection in which stations writes the journal, in the transaction of each request."""
MAJORITY: Final = WriteConcern("majority", wtimeout=60_000)
MAX_MILLIS: Final = 60_000
Journal = Sequence[JournalEntry]


class JournalFailedError(RuntimeError):
    """The journal is damaged, contradicts itself, or lacks erasures; the message names the next step."""


def read_file(path: Path) -> Journal:
    """Return the entries of the file, checked. Raises JournalFailedError, OSError."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    try:
        entries = [JournalEntry.model_validate_json(line) for line in lines]
        check_chain(entries)
    except (ValidationError, ContradictionError) as error:
        reason = "a line is no entry" if isinstance(error, ValidationError) else str(error)
        raise JournalFailedError(
            f"{path} is no whole journal of erasures ({reason}): name another copy of it"
        ) from error
    return entries


def write_file(path: Path, entries: Journal) -> None:
    """Write the journal to the file, whole or not at all. Raises JournalFailedError where the file has another one."""
    if path.exists():
        entries = _join(entries, read_file(path), str(path))
    replace_private(path, "".join(f"{entry.model_dump_json()}\n" for entry in entries))


def read_stores(stores: Stores) -> Journal:
    """Return the longer of the journals of stations and of its copy. Raises JournalFailedError, PyMongoError."""
    own = _read(
        row["entry"] for row in stores.collection(*SOURCE).find().sort("_id", ASCENDING).max_time_ms(MAX_MILLIS)
    )
    return _join(own, read_copy(stores), "the database of the journal")


def read_copy(stores: Stores) -> Journal:
    """Return the journal in the database of its own. Raises JournalFailedError, PyMongoError."""
    rows = stores.client[journal_database(stores.prefix)][COPY].find().sort("_id", ASCENDING)
    return _read(row["entry"] for row in rows.max_time_ms(MAX_MILLIS))


def write_copy(stores: Stores, entries: Journal) -> None:
    """Add the entries to the database of the journal that it lacks. Raises PyMongoError."""
    known = len(read_copy(stores))
    copy = stores.client[journal_database(stores.prefix)].get_collection(COPY, write_concern=MAJORITY)
    if missing := [{"_id": entry.number, "entry": entry.model_dump(mode="json")} for entry in entries[known:]]:
        copy.insert_many(missing)


def collect(stores: Stores, file: Journal | None) -> Journal | None:
    """Return the longer of the journal's copies outside the stores of the services; None where there is neither.

    Raises JournalFailedError where they contradict each other, and PyMongoError.
    """
    copy = read_copy(stores)
    if file is None:
        return copy or None
    return _join(copy, file, "the file of the journal")


def check_journal(entries: Journal | None, head: Head, made: str) -> Journal:
    """Return the journal to replay. Raises JournalFailedError where it does not go through the backup's own head.

    `made` names the backup.
    """
    if entries is None:
        raise JournalFailedError(
            f"There is no journal of erasures later than {made}, which may hold persons who were erased since: name "
            "the newest file of `lianshan erasures export` or `lianshan backup` by --journal, also where nobody was "
            "erased since. Where nobody was ever erased on this platform, give --nobody-erased"
        )
    if not contains(entries, head):
        raise JournalFailedError(
            f"The journal of erasures ends before, or contradicts, that of {made}, which has {head.number} entries: "
            "name a later copy of it by --journal"
        )
    return entries


def _read(entries: Iterable[object]) -> Journal:
    found = [JournalEntry.model_validate(entry) for entry in entries]
    try:
        check_chain(found)
    except ContradictionError as error:
        raise JournalFailedError(f"the journal of erasures in the store is damaged: {error}") from error
    return found


def _join(one: Journal, other: Journal, where: str) -> Journal:
    try:
        return join(one, other)
    except ContradictionError as error:
        raise JournalFailedError(
            f"{where} contradicts the other copies of the journal of erasures ({error}): keep them all, and find out "
            "which one belongs to this platform"
        ) from error
