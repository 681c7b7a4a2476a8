"""What a store remembers of its forms: the collection `schema`, one row a collection of the service.

`version` is the highest that any process may have written, `min_reader` the oldest code that can work with that,
`complete` the version that every document has at least. A service enters its versions before it writes.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from pymongo.database import Database
from pymongo.errors import PyMongoError

from shared.engine.decide.schema import FIRST, UNCHANGED, Schema
from shared.engine.run.service import ServiceSpec
from shared.engine.store.commit import ensure_indexes

SCHEMA: Final = "schema"
SECONDS: Final = 10

Document = dict[str, Any]
Rows = Mapping[str, Document]
"""By collection."""


class StoreTooNewError(RuntimeError):
    """This code must not touch the store: one line says why and what to do."""


@cache
def product() -> str:
    """The version of the product that runs here; `unknown` where it was never installed."""
    try:
        return version("lianshan")
    except PackageNotFoundError:
        return "unknown"


def read_rows(database: Database[Document]) -> dict[str, Document]:
    """The rows of the store, none in a new one."""
    return {row["_id"]: row for row in database[SCHEMA].find(max_time_ms=SECONDS * 1000)}


def refusal(service: str, rows: Rows, schemas: Mapping[str, Schema]) -> str | None:
    """Why code with these schemas must not work on a store with these rows; None where it may."""
    for name, row in sorted(rows.items()):
        schema = schemas.get(name, UNCHANGED)
        if row["min_reader"] > schema.version:
            return (
                f"the store of {service} is newer than this program: {name} is at version {row['version']}, written by "
                f"Lianshan {row['by']} and readable from version {row['min_reader']} on; this is Lianshan {product()}, "
                f"which knows version {schema.version}. Run Lianshan {row['by']} or newer, or restore a backup made "
                "before the upgrade."
            )
        if row["complete"] < schema.oldest:
            return (
                f"the store of {service} is too old for this program: {name} still holds documents of version "
                f"{row['complete']}, this is Lianshan {product()}, which reads from version {schema.oldest} on. Run "
                "`lianshan migrate` of the release before first."
            )
    return None


def check(database: Database[Document], service: str, schemas: Mapping[str, Schema]) -> dict[str, Document]:
    """The store's rows. Raises StoreTooNewError; changes nothing."""
    rows = read_rows(database)
    if said := refusal(service, rows, schemas):
        raise StoreTooNewError(said)
    return rows


def refused(database: Database[Document], service: str, schemas: Mapping[str, Schema]) -> str | None:
    """As `check`, in words; None also where the store does not answer."""
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
    """Tell the store which versions are written from now on. As often as you like, by any number of replicas."""
    rows = read_rows(database)
    for name in sorted({*collections, *schemas}):
        schema = schemas.get(name, UNCHANGED)
        row = rows.get(name)
        if row is None:
            _add(database, name, schema, now)
        elif row["version"] < schema.version:
            news: Document = {"version": schema.version, "by": product(), "at": now}
            behind = {"_id": name, "version": {"$lt": schema.version}}
            database[SCHEMA].update_one(behind, {"$set": news, "$max": {"min_reader": schema.min_reader}})


def prepare(database: Database[Document], spec: ServiceSpec) -> None:
    """A store that the service can work on: its forms fit, collections and indexes stand. Raises StoreTooNewError."""
    check(database, spec.name, spec.schemas)
    ensure_indexes(database, {name: list(indexes) for name, indexes in spec.indexes.items()})
    enter(database, spec.indexes, spec.schemas, datetime.now(UTC))


def _add(database: Database[Document], name: str, schema: Schema, now: datetime) -> None:
    # A store of a release that kept no rows has documents of the first version.
    new = database[name].find_one({}, {"_id": 1}, max_time_ms=SECONDS * 1000) is None
    row: Document = {"version": schema.version, "min_reader": schema.min_reader, "by": product(), "at": now}
    row |= {"complete": schema.version if new else FIRST, "history": []}
    database[SCHEMA].update_one({"_id": name}, {"$setOnInsert": row}, upsert=True)
