"""The register of a store's forms: the collection `schema`, with one row for each collection of the service.

`version` is the highest version that any process may have written, `min_reader` the oldest version of the code that can
work with it, `complete` the version that every document has at least. A service enters its versions before it writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, Protocol

from pymongo import IndexModel, UpdateOne
from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.engine.decide.schema import FIRST, UNCHANGED, Document, Schema
from shared.engine.store.collections import ensure_indexes, is_new
from shared.engine.store.release_mark import find_foreign, mark_store
from shared.engine.store.sealing import BOUND_FORM, REGISTER, SEALING, bind_store
from shared.runtime.clock import machine_now
from shared.runtime.vault import Vault
from shared.runtime.version import VERSION

SCHEMA: Final = REGISTER
SECONDS: Final = 10
"""How long a read of the register may take in MongoDB."""

Rows = Mapping[str, Document]
"""The rows of the register by collection."""


class StoredForms(Protocol):
    """The name of a service with its collections: their indexes, and the forms of those that have changed.

    It has a vault where it stores personal data.
    """

    @property
    def name(self) -> str: ...
    @property
    def indexes(self) -> Mapping[str, Sequence[IndexModel]]: ...
    @property
    def schemas(self) -> Mapping[str, Schema]: ...
    @property
    def vault(self) -> Vault | None: ...


class StoreTooNewError(RuntimeError):
    """This code must not touch the store, which another release wrote; the text names the remedy."""


def read_rows(database: Database[Document]) -> dict[str, Document]:
    """Return the rows of the register, none in a new store. Raises PyMongoError."""
    return {row["_id"]: row for row in database[SCHEMA].find(max_time_ms=SECONDS * 1000)}


def refusal(service: str, rows: Rows, schemas: Mapping[str, Schema]) -> str | None:
    """Return why code with these schemas must not work on a store with these rows; None where it may."""
    for name, row in sorted(rows.items()):
        schema = BOUND_FORM if name == SEALING else schemas.get(name, UNCHANGED)
        if row["min_reader"] > schema.version:
            return (
                f"the store of {service} is newer than this program: {name} is at version {row['version']}, written by "
                f"Lianshan {row['by']} and readable from version {row['min_reader']} on; this is Lianshan {VERSION}, "
                f"which knows version {schema.version}. Run Lianshan {row['by']} or newer, or restore a backup made "
                "before the upgrade."
            )
        if row["complete"] < schema.oldest:
            return (
                f"the store of {service} is too old for this program: {name} still holds documents of version "
                f"{row['complete']}, this is Lianshan {VERSION}, which reads from version {schema.oldest} on. Run "
                "`lianshan migrate` of the release before first."
            )
    return None


def check(database: Database[Document], service: str, schemas: Mapping[str, Schema]) -> dict[str, Document]:
    """Return the rows of the register. Raises StoreTooNewError or PyMongoError; changes nothing."""
    if foreign := find_foreign(database):
        raise StoreTooNewError(foreign)
    rows = read_rows(database)
    if reason := refusal(service, rows, schemas):
        raise StoreTooNewError(reason)
    return rows


def refused(database: Database[Document], service: str, schemas: Mapping[str, Schema]) -> str | None:
    """Return the reason for which `check` refuses; None where it does not, or where the store does not answer."""
    try:
        check(database, service, schemas)
    except StoreTooNewError as error:
        return str(error)
    except PyMongoError:
        return None
    return None


def enter(
    database: Database[Document], collections: Iterable[str], schemas: Mapping[str, Schema], now: datetime
) -> None:
    """Register the versions that are written from now on. Any number of replicas may do so, any number of times."""
    rows = read_rows(database)
    added: list[UpdateOne] = []
    for name in sorted({*collections, *schemas}):
        schema = schemas.get(name, UNCHANGED)
        row = rows.get(name)
        if row is None:
            added.append(_addition(database, name, schema, now))
        elif row["version"] < schema.version:
            news: Document = {"version": schema.version, "by": VERSION, "at": now}
            # Only upwards, so that a replica of an older release that starts later does not lower anything.
            behind = {"_id": name, "version": {"$lt": schema.version}}
            database[SCHEMA].update_one(behind, {"$set": news, "$max": {"min_reader": schema.min_reader}})
    if added:
        database[SCHEMA].bulk_write(added, ordered=False)


def prepare(database: Database[Document], service: StoredForms) -> None:
    """Make the store ready: check its release and forms, mark it, create collections and indexes, enter the versions.

    Raises StoreTooNewError, IndexConflictError or PyMongoError.
    """
    check(database, service.name, service.schemas)
    now, new = machine_now(), is_new(database)
    mark_store(database, now)  # first: a store with collections and no mark is taken for one of 0.1.0
    if new and service.vault is not None:  # no replica of another release knows it yet
        bind_store(database, now, new=True)  # at once: a second replica that starts now must seal in the same form
    ensure_indexes(database, service.indexes)
    enter(database, service.indexes, service.schemas, now)


def _addition(database: Database[Document], name: str, schema: Schema, now: datetime) -> UpdateOne:
    # A collection without a row was written by a release that kept no register: its documents are of version 1.
    new = database[name].find_one({}, {"_id": 1}, max_time_ms=SECONDS * 1000) is None
    row: Document = {"version": schema.version, "min_reader": schema.min_reader, "by": VERSION, "at": now}
    row |= {"complete": schema.version if new else FIRST, "history": []}
    return UpdateOne({"_id": name}, {"$setOnInsert": row}, upsert=True)
