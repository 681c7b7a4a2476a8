"""The export that one worker holds by lease, and all that it writes about it, with majority.

By the clock of MongoDB, so that the clocks of the hosts do not matter. Each taking has a number of its own, the
attempt, and every write names it: a worker that was paused for longer than its lease changes nothing any more, and the
parts that it still stores belong to an attempt that nobody reads.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from bson import Binary
from pymongo import ReturnDocument, WriteConcern
from pymongo.database import Database
from pymongo.read_concern import ReadConcern

from services.gateway.features.exports.records import (
    ABANDONED,
    EXPORTS,
    KEPT,
    OPEN_STATES,
    PART_BYTES,
    PARTS,
    Export,
    part_id,
)
from shared.contracts.reasons import Reason
from shared.engine.decide.schema import Document
from shared.engine.store.lease import HAS_LAPSED, NOBODY, lapses_in
from shared.engine.store.renewal import renewed_beside
from shared.runtime.failpoints import failpoint

LEASE_SECONDS: Final = 10.0
RENEW_SECONDS: Final = 2.0
MAX_MILLIS: Final = 5_000
MAJORITY_MILLIS: Final = 15_000
MOST_SWEPT: Final = 1_000
"""Exports whose parts one sweep looks at."""


class LostError(RuntimeError):
    """The export was cancelled or removed, or another worker has it: this one has nothing to write any more."""


class Hold:
    """One export in hand: the progress that is stored with each renewal, and whether the lease still stands."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self.rows = 0
        self.total: int | None = None
        self.lost = False

    def note(self, rows: int) -> None:
        """Note the lines written so far. Raises LostError once the lease is gone."""
        failpoint("during_export")
        self.rows = rows
        if self.lost:
            raise LostError(self.export.id)


class Holding:
    """One worker's part in the exports. Every method raises PyMongoError."""

    def __init__(self, database: Database[Document], lease_seconds: float = LEASE_SECONDS) -> None:
        concern = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
        self._rows = database.get_collection(EXPORTS, write_concern=concern)
        self._parts = database.get_collection(PARTS, write_concern=concern)
        self._seconds = lease_seconds
        self.name = uuid4().hex

    def take(self) -> Export | None:
        """Take the oldest export that nobody holds; None without any. Parts of earlier attempts are deleted."""
        # One that was running has lost its worker; one that waits was given back, or is new.
        died = {"$cond": [{"$eq": ["$state", "running"]}, 1, 0]}
        news = {
            "state": "running", "holder": self.name, "until": lapses_in(self._seconds), "rows": 0, "total": None,
            "attempts": {"$add": ["$attempts", 1]}, "deaths": {"$add": ["$deaths", died]},
            "version": {"$add": ["$version", 1]},
        }  # fmt: skip
        row = self._rows.find_one_and_update(
            {"state": {"$in": list(OPEN_STATES)}, **HAS_LAPSED}, [{"$set": news}], sort=[("_id", 1)],
            return_document=ReturnDocument.AFTER, maxTimeMS=MAX_MILLIS,
        )  # fmt: skip
        if row is None:
            return None
        self._parts.delete_many({"export": row["_id"], "attempt": {"$lt": row["attempts"]}})
        return Export.from_document(row)

    def kept(self, hold: Hold) -> AbstractContextManager[None]:
        """Return the block within which the lease is renewed and the progress stored."""
        return renewed_beside(lambda: self.renew(hold), RENEW_SECONDS)

    def renew(self, hold: Hold) -> None:
        """Renew the lease and store the progress; note where the lease is lost."""
        news: Document = {"until": lapses_in(self._seconds), "rows": hold.rows, "total": hold.total}
        if not self._rows.update_one(self._mine(hold.export), [{"$set": news}]).matched_count:
            hold.lost = True

    def store(self, hold: Hold, path: Path) -> tuple[int, int]:
        """Store the file in parts; return their number and its bytes. Raises LostError."""
        export, size, number = hold.export, 0, 0
        with path.open("rb") as file:
            while piece := file.read(PART_BYTES):
                hold.note(hold.rows)
                place = {"_id": part_id(export.id, export.attempts, number), "export": export.id}
                self._parts.update_one(
                    {**place, "attempt": export.attempts},
                    [{"$set": {"bytes": Binary(piece), "until": lapses_in(ABANDONED.total_seconds())}}],
                    upsert=True,
                )
                number, size = number + 1, size + len(piece)
        return number, size

    def finish(self, hold: Hold, parts: int, size: int) -> bool:
        """Show the export as done; return False where it is no longer this worker's."""
        export, kept = hold.export, lapses_in(KEPT.total_seconds())
        # First the parts: an export that is done has a file for as long as it stands.
        self._parts.update_many(
            {"export": export.id, "attempt": export.attempts},
            [{"$set": {"until": lapses_in((KEPT + ABANDONED).total_seconds())}}],
        )
        news: Document = {"state": "done", "rows": hold.rows, "total": hold.total, "parts": parts, "size": size}
        return self._end(export, {**news, "kept_until": kept})

    def fail(self, export: Export, problem: Reason) -> bool:
        """Show the export as failed, without a file; return False where it is no longer this worker's."""
        told = {"code": problem.code, "args": dict(problem.args)}
        kept = lapses_in(KEPT.total_seconds())
        ended = self._end(export, {"state": "failed", "problem": {"$literal": told}, "kept_until": kept})
        self.drop(export)
        return ended

    def give_back(self, export: Export) -> None:
        """Let any worker begin the export again at once: the trouble was the store's, or this worker ends."""
        news: Document = {"state": "waiting", "holder": NOBODY, "until": "$$NOW", "rows": 0, "total": None}
        self._rows.update_one(self._mine(export), [{"$set": {**news, "version": {"$add": ["$version", 1]}}}])
        self.drop(export)

    def drop(self, export: Export) -> None:
        """Delete the parts that this attempt has written, unless the export is done with them.

        An end whose answer was lost has happened all the same.
        """
        done = {"_id": export.id, "attempts": export.attempts, "state": "done"}
        # Also one that no majority has yet: parts too many are swept, parts that are gone are a lost file.
        rows = self._rows.with_options(read_concern=ReadConcern("local"))
        if rows.find_one(done, {"_id": 1}, max_time_ms=MAX_MILLIS) is not None:
            return
        self._parts.delete_many({"export": export.id, "attempt": export.attempts})

    def sweep(self) -> int:
        """Delete the parts of exports that are gone or have no file; return the number of parts.

        An export is stored before its first part: parts are looked at first.
        """
        named = self._parts.distinct("export", maxTimeMS=MAX_MILLIS)[:MOST_SWEPT]
        if not named:
            return 0
        kept = {"_id": {"$in": named}, "state": {"$in": [*OPEN_STATES, "done"]}}
        standing = {row["_id"] for row in self._rows.find(kept, {"_id": 1}).max_time_ms(MAX_MILLIS)}
        gone = [each for each in named if each not in standing]
        return self._parts.delete_many({"export": {"$in": gone}}).deleted_count if gone else 0

    def waiting_seconds(self) -> float:
        """Return how long the oldest export that nobody holds has waited."""
        rule = {"state": {"$in": list(OPEN_STATES)}, **HAS_LAPSED}
        waited = {"$divide": [{"$subtract": ["$$NOW", "$begun_at"]}, 1000]}
        rows = self._rows.aggregate(
            [{"$match": rule}, {"$sort": {"_id": 1}}, {"$limit": 1}, {"$project": {"waited": waited}}],
            maxTimeMS=MAX_MILLIS,
        )
        return max((float(row["waited"]) for row in rows), default=0.0)

    def _end(self, export: Export, news: Document) -> bool:
        ended: dict[str, Any] = {"ended_at": "$$NOW", "holder": NOBODY, "version": {"$add": ["$version", 1]}}
        done = self._rows.update_one(self._mine(export), [{"$set": {**news, **ended}}])
        return bool(done.matched_count)

    def _mine(self, export: Export) -> Document:
        return {"_id": export.id, "holder": self.name, "attempts": export.attempts, "state": "running"}
