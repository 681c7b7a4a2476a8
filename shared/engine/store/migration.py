"""Migration: rewrite old documents in batches beside running services, then drop superfluous indexes.

A batch is bounded. Each document is replaced only where it is still as it was read (guarded by its `version`): a
document that a service has written in the meantime stays as it is, and a later pass rewrites it if it is of an older
form. The cursor is stored after each batch, so that a killed run continues where it stopped; a batch that is repeated
finds nothing left to do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Final

from pymongo import IndexModel, ReplaceOne, WriteConcern
from pymongo.database import Database
from pymongo.errors import BulkWriteError, ExecutionTimeout, WTimeoutError

from shared.engine.decide.schema import FIRST, STAMP, UNCHANGED, Document, Schema
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.schema_registry import SCHEMA, check, enter, read_rows
from shared.runtime.clock import machine_now
from shared.runtime.failpoints import failpoint
from shared.runtime.version import VERSION

MAX_PASSES: Final = 10
"""Passes over a collection. Each pass finds only documents that old replicas wrote during the one before; where ten are
not enough, an old replica is still running.
"""
MAX_MILLIS: Final = 60_000
"""How long one query may take in MongoDB: without an index on `schema` it reads the whole collection."""
HISTORY_KEPT: Final = 50
"""Migrations that a row of the register remembers."""
MAJORITY_MILLIS: Final = 15_000
"""How long a write waits for a majority of the replica set."""
BUILD_MILLIS: Final = 4 * 3_600_000
"""How long the indexes of one collection may take: so long at most for the members that fall behind meanwhile, too."""

Indexes = Mapping[str, Sequence[IndexModel]]


class MigrationError(RuntimeError):
    """The migration cannot go on; the text names the document or the replica in its way. Finished batches stay."""


@dataclass(frozen=True)
class Pending:
    """The work left in one collection."""

    service: str
    collection: str
    schema: Schema
    complete: int
    """The version that every document has at least."""
    builds: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    done: int = 0
    """Documents that an interrupted run has already rewritten."""

    @property
    def rewrites(self) -> bool:
        """Whether documents have to be changed, not only indexes."""
        return self.complete < self.schema.rewritten

    @property
    def why(self) -> list[str]:
        """The purposes of the steps that are still to do."""
        return [step.why for number, step in self.schema.numbered if number > self.complete]

    @property
    def shuts_out(self) -> bool:
        """Whether replicas of an older release could not read the result and must be stopped first."""
        return self.complete < self.schema.min_reader


def pending(
    database: Database[Document],
    service: str,
    indexes: Indexes,
    schemas: Mapping[str, Schema],
    *,
    thorough: bool = False,
) -> list[Pending]:
    """Return every collection with work left. Raises StoreTooNewError or PyMongoError.

    `thorough` also finds documents that a replica of an older release wrote after a migration had ended; for that it
    reads whole collections.
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
    """Return the MongoDB filter for documents of an older form than the last step that changed any."""
    # Not `$lt`: that would leave out the documents of version 1, which have no such field.
    return {STAMP: {"$not": {"$gte": schema.rewritten}}}


def count(database: Database[Document], work: Pending) -> int:
    """Return how many documents are still to be rewritten; reads the whole collection."""
    if not work.rewrites:
        return 0
    return database[work.collection].count_documents(behind(work.schema), maxTimeMS=MAX_MILLIS)


def replacements(documents: Iterable[Document], schema: Schema, where: str) -> list[tuple[Document, Document]]:
    """Return (guard, new form) of each document. Raises MigrationError where a step fails."""
    return [(_guard(document), _upgrade(document, schema, where)) for document in documents]


def _guard(document: Document) -> Document:
    # A filter for None also fits a document without the field.
    return {"_id": document["_id"], "version": document.get("version"), STAMP: document.get(STAMP)}


def _upgrade(document: Document, schema: Schema, where: str) -> Document:
    try:
        new = schema.upgraded(document)
    except Exception as error:
        # Never the error's text: it may hold a person's data from the document.
        raise MigrationError(
            f"{where} {document['_id']!r} cannot be brought to version {schema.version} "
            f"({type(error).__name__}): correct the step or the document, then run this again"
        ) from error
    if any(new.get(name) != document.get(name) for name in ("_id", "version")):
        raise MigrationError(f"{where}: a step to version {schema.version} changes _id or version, and must not")
    return new


class Migration:
    """Brings one collection to its version: `batch` documents at a time, with `rest` seconds between two batches.

    `tell` is called after each batch with the number of documents rewritten so far.
    """

    def __init__(
        self,
        database: Database[Document],
        work: Pending,
        *,
        batch: int = 500,
        rest: float = 0.0,
        tell: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._work = work
        self._batch = batch
        self._rest = rest
        self._tell = tell
        # Of the register as well, so that none of its writes waits without end.
        self._database = database.with_options(write_concern=WriteConcern("majority", MAJORITY_MILLIS))
        self._documents = self._database[work.collection]
        self._rows = self._database[SCHEMA]
        self._done = work.done

    def run(self, indexes: Sequence[IndexModel]) -> int:
        """Migrate in the order that running replicas can live with: new indexes, new version, documents, old indexes.

        Returns how many documents were rewritten in all. Raises MigrationError, IndexConflictError or PyMongoError.
        """
        try:
            return self._run(indexes)
        except WTimeoutError as error:
            raise self._lagging() from error

    def _run(self, indexes: Sequence[IndexModel]) -> int:
        work, began = self._work, monotonic()
        self._require_majority()
        try:
            ensure_indexes(self._database, {work.collection: list(indexes)}, milliseconds=BUILD_MILLIS)
        except ExecutionTimeout as error:
            raise self._unbuilt() from error
        enter(self._database, [work.collection], {work.collection: work.schema}, machine_now())
        if work.rewrites:
            self._rewrite()
        for name in work.drops:  # last: old replicas may have needed them until here
            self._documents.drop_index(name)
        if work.complete < work.schema.version:
            self._record(monotonic() - began)
        return self._done

    def _rewrite(self) -> None:
        for _ in range(MAX_PASSES):
            self._pass()
            if not _any_behind(self._database, self._work.collection, self._work.schema):
                return
            self._save(None)
        raise MigrationError(
            f"{self._work.service}.{self._work.collection}: documents keep being written in an older form; a replica "
            "of an older release still runs: replace it, then run this again"
        )

    def _pass(self) -> None:
        where, schema = f"{self._work.service}.{self._work.collection}", self._work.schema
        row = read_rows(self._database)[self._work.collection]
        progress = row.get("progress", {})
        after = progress.get("after") if progress.get("to") == schema.version else None
        while documents := self._next_batch(after):  # ends: the cursor `_id` only rises
            self._replace(replacements(documents, schema, where), where)
            failpoint("during_migration")
            after = documents[-1]["_id"]
            self._save(after)
            self._tell(self._done)
            sleep(self._rest)

    def _replace(self, pairs: Sequence[tuple[Document, Document]], where: str) -> None:
        # A guard that finds nothing is no error: a service has written the document since it was read.
        writes = [ReplaceOne(guard, new) for guard, new in pairs]
        try:
            self._done += self._documents.bulk_write(writes, ordered=False).modified_count
        except BulkWriteError as error:
            if not error.details["writeErrors"]:  # all were written, and a failover may take them back
                raise self._lagging() from error
            # Never the error's text: it holds the documents.
            first = error.details["writeErrors"][0]
            refused = pairs[first["index"]][0]["_id"]
            raise MigrationError(
                f"{where} {refused!r}: MongoDB refuses the new form (code {first['code']}; 11000 is a duplicate in a "
                "unique index): correct the step or the document, then run this again"
            ) from error

    def _require_majority(self) -> None:
        # A build would begin, and wait for members that copy nothing. A write that changes something finds that out.
        self._rows.update_one({"_id": self._work.collection}, {"$currentDate": {"begun": True}})

    def _unbuilt(self) -> MigrationError:
        names, hours = ", ".join(self._work.builds), BUILD_MILLIS // 3_600_000
        return MigrationError(
            f"{self._work.service}.{self._work.collection}: its indexes ({names}) were not built by a majority of the "
            f"replica set within {hours} hours. The migration is not done, and nothing is lost: run this again once "
            "rs.status() shows the members in step"
        )

    def _lagging(self) -> MigrationError:
        return MigrationError(
            f"{self._work.service}.{self._work.collection}: the members of the replica set that MongoDB has are no "
            f"majority, or {MAJORITY_MILLIS // 1000} s behind its primary. The migration is not done, and nothing is "
            "lost: run this again once rs.status() shows the members in step"
        )

    def _next_batch(self, after: object) -> list[Document]:
        wanted = behind(self._work.schema)
        if after is not None:
            wanted["_id"] = {"$gt": after}
        return list(self._documents.find(wanted).sort("_id", 1).limit(self._batch).max_time_ms(MAX_MILLIS))

    def _save(self, after: object) -> None:
        progress = {"to": self._work.schema.version, "after": after, "done": self._done, "by": VERSION}
        self._rows.update_one({"_id": self._work.collection}, {"$set": {"progress": progress}})

    def _record(self, seconds: float) -> None:
        entry = {
            "from": self._work.complete,
            "version": self._work.schema.version,
            "at": machine_now(),
            "by": VERSION,
            "documents": self._done,
            "seconds": round(seconds, 3),
        }
        self._rows.update_one(
            {"_id": self._work.collection},
            {
                "$max": {"complete": self._work.schema.version},
                "$unset": {"progress": ""},
                "$push": {"history": {"$each": [entry], "$slice": -HISTORY_KEPT}},
            },
        )
