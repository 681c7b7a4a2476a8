"""Old documents in batches beside running services, then the indexes that nobody wants any more.

A batch is bounded. Each document is replaced only where it is still as it was read (`version` guards it): what a
service has written meanwhile stays, and is looked at again if it is of an older form. The cursor is stored after each
batch, so that a killed run goes on where it stopped; a batch that is done again finds nothing left to do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Final

from pymongo import IndexModel, ReplaceOne, WriteConcern
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from shared.engine.decide.schema import FIRST, STAMP, UNCHANGED, Schema
from shared.engine.store.commit import ensure_indexes
from shared.engine.store.schema_registry import SCHEMA, check, enter, product, read_rows
from shared.runtime.failpoints import failpoint

MAX_PASSES: Final = 10
MAX_MILLIS: Final = 60_000
HISTORY_KEPT: Final = 50

Document = dict[str, Any]
Indexes = Mapping[str, Sequence[IndexModel]]


class MigrationError(RuntimeError):
    """It cannot go on; the line names the document or the replica that is in the way. What is done stays done."""


@dataclass(frozen=True)
class Pending:
    """What is still to do in one collection."""

    service: str
    collection: str
    schema: Schema
    complete: int
    """The version that every document has at least."""
    builds: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    done: int = 0
    """Documents that a run which was stopped has already brought over."""

    @property
    def rewrites(self) -> bool:
        """Whether documents have to be changed, not only indexes."""
        return self.complete < self.schema.rewritten

    @property
    def why(self) -> list[str]:
        """What the steps are for."""
        return [step.why for number, step in self.schema.numbered if number > self.complete]

    @property
    def shuts_out(self) -> bool:
        """Whether code that knows only the version that is there now must be gone first."""
        return self.complete < self.schema.min_reader


def pending(
    database: Database[Document],
    service: str,
    indexes: Indexes,
    schemas: Mapping[str, Schema],
    *,
    thorough: bool = False,
) -> list[Pending]:
    """Every collection with something to do. Raises StoreTooNewError.

    `thorough` also finds what a replica of an older release wrote after a migration was done; for that it reads
    whole collections.
    """
    rows = check(database, service, schemas)
    found = []
    for name in sorted({*indexes, *schemas} & set(database.list_collection_names())):
        schema, row = schemas.get(name, UNCHANGED), rows.get(name, {})
        complete = row.get("complete", FIRST)
        if thorough and complete == schema.version and _any_behind(database, name, schema):
            complete = schema.oldest
        standing = set(database[name].index_information())
        wanted = {index.document["name"] for index in indexes.get(name, ())}
        progress = row.get("progress", {})
        found.append(
            Pending(
                service,
                name,
                schema,
                complete,
                builds=tuple(sorted(wanted - standing)),
                drops=tuple(sorted(schema.drops & standing - wanted)),
                done=progress.get("done", 0) if progress.get("to") == schema.version else 0,
            )
        )
    return [p for p in found if p.complete < p.schema.version or p.builds or p.drops]


def _any_behind(database: Database[Document], name: str, schema: Schema) -> bool:
    if schema.rewritten == schema.oldest:
        return False
    return database[name].find_one(behind(schema), {"_id": 1}, max_time_ms=MAX_MILLIS) is not None


def behind(schema: Schema) -> Document:
    """The rule for documents of an older form than the last step that changed any."""
    return {STAMP: {"$not": {"$gte": schema.rewritten}}}


def count(database: Database[Document], what: Pending) -> int:
    """How many documents are still to be changed; reads the whole collection."""
    if not what.rewrites:
        return 0
    return database[what.collection].count_documents(behind(what.schema), maxTimeMS=MAX_MILLIS)


def replacements(documents: Iterable[Document], schema: Schema, where: str) -> list[tuple[Document, Document]]:
    """(guard, new form) of each document that is behind. Raises MigrationError where a step fails."""
    return [(_guard(document), _upgraded(document, schema, where)) for document in documents]


def _guard(document: Document) -> Document:
    # A rule with None fits where there is no such field.
    return {"_id": document["_id"], "version": document.get("version"), STAMP: document.get(STAMP)}


def _upgraded(document: Document, schema: Schema, where: str) -> Document:
    try:
        new = schema.upgraded(document)
    except Exception as error:
        # Never the error's words: they may hold what is in the document.
        raise MigrationError(
            f"{where} {document['_id']!r} cannot be brought to version {schema.version} "
            f"({type(error).__name__}): correct the step or the document, then run this again"
        ) from error
    if any(new.get(name) != document.get(name) for name in ("_id", "version")):
        raise MigrationError(f"{where}: a step to version {schema.version} changes _id or version, and must not")
    return new


class Migration:
    """Brings one collection to its version. `batch` documents at once, `rest` seconds between two batches."""

    def __init__(
        self,
        database: Database[Document],
        what: Pending,
        *,
        batch: int = 500,
        rest: float = 0.0,
        tell: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._what = what
        self._batch = batch
        self._rest = rest
        self._tell = tell
        self._database = database
        self._documents = database[what.collection].with_options(write_concern=WriteConcern("majority", 15_000))
        self._rows = database[SCHEMA].with_options(write_concern=WriteConcern("majority", 15_000))
        self._done = what.done

    def run(self, indexes: Sequence[IndexModel]) -> int:
        """Everything, in the order that readers can live with; gives how many documents were changed in all.

        Raises MigrationError.
        """
        what, began = self._what, monotonic()
        ensure_indexes(self._database, {what.collection: list(indexes)})
        enter(self._database, [what.collection], {what.collection: what.schema}, datetime.now(UTC))
        if what.rewrites:
            self._rewrite()
        for name in what.drops:
            self._documents.drop_index(name)
        if what.complete < what.schema.version:
            self._record(monotonic() - began)
        return self._done

    def _rewrite(self) -> None:
        for _ in range(MAX_PASSES):
            self._pass()
            if not _any_behind(self._database, self._what.collection, self._what.schema):
                return
            self._save(None)
        raise MigrationError(
            f"{self._what.service}.{self._what.collection}: documents keep being written in an older form; a replica "
            "of an older release still runs: replace it, then run this again"
        )

    def _pass(self) -> None:
        where, schema = f"{self._what.service}.{self._what.collection}", self._what.schema
        row = read_rows(self._database)[self._what.collection]
        progress = row.get("progress", {})
        after = progress.get("after") if progress.get("to") == schema.version else None
        while documents := self._next(after):
            self._replace(replacements(documents, schema, where), where)
            failpoint("during_migration")
            after = documents[-1]["_id"]
            self._save(after)
            self._tell(self._done)
            sleep(self._rest)

    def _replace(self, pairs: Sequence[tuple[Document, Document]], where: str) -> None:
        writes = [ReplaceOne(guard, new) for guard, new in pairs]
        try:
            self._done += self._documents.bulk_write(writes, ordered=False).modified_count
        except BulkWriteError as error:
            # Never the error's words: they hold the documents.
            first = error.details["writeErrors"][0]
            refused = pairs[first["index"]][0]["_id"]
            raise MigrationError(
                f"{where} {refused!r}: MongoDB refuses the new form (code {first['code']}; 11000 is a duplicate in a "
                "unique index): correct the step or the document, then run this again"
            ) from error

    def _next(self, after: Any) -> list[Document]:
        rule = behind(self._what.schema)
        if after is not None:
            rule["_id"] = {"$gt": after}
        return list(self._documents.find(rule).sort("_id", 1).limit(self._batch).max_time_ms(MAX_MILLIS))

    def _save(self, after: Any) -> None:
        progress = {"to": self._what.schema.version, "after": after, "done": self._done, "by": product()}
        self._rows.update_one({"_id": self._what.collection}, {"$set": {"progress": progress}})

    def _record(self, seconds: float) -> None:
        entry = {
            "from": self._what.complete,
            "version": self._what.schema.version,
            "at": datetime.now(UTC),
            "by": product(),
            "documents": self._done,
            "seconds": round(seconds, 3),
        }
        self._rows.update_one(
            {"_id": self._what.collection},
            {
                "$max": {"complete": self._what.schema.version},
                "$unset": {"progress": ""},
                "$push": {"history": {"$each": [entry], "$slice": -HISTORY_KEPT}},
            },
        )
