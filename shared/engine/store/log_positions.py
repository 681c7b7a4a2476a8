"""The progress of a service along its events: the place in the log of published events before which it misses none.

By the clock of MongoDB. One row a service; every method raises PyMongoError.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from pymongo import ReturnDocument
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError

from shared.engine.amqp.event_log import LogPlace
from shared.engine.decide.schema import Document
from shared.engine.store.collections import LOG_POSITIONS
from shared.engine.store.durability import DURABLE

ROW: Final = "events"
BEHIND: Final = 60_000
"""Milliseconds that the place stays behind at least. A publication that is not confirmed is over after 30 seconds and
comes again at another offset, so every event in the log before the place has come to the queue by then.
"""


@dataclass(frozen=True, slots=True)
class Position:
    """The place from which to read; `missing` while events after it may have been dropped; `due` to be moved on.

    `drops` counts how often that was found; `lost`: whether the log lacked some of them;
    `applied`: whether the event at the place itself is applied.
    """

    place: LogPlace
    missing: bool
    drops: int
    lost: bool
    applied: bool
    due: bool


class LogPositions:
    """The position of one service in the log."""

    def __init__(self, database: Database[Document]) -> None:
        self._rows = database.get_collection(LOG_POSITIONS, write_concern=DURABLE)

    def read(self) -> Position | None:
        """Return the position; None for a service that has never had one."""
        row = self._rows.find_one({"_id": ROW})
        if row is None:
            return None
        due = self._rows.find_one({"_id": ROW, "missing": False, **_OLD}, {"_id": 1}) is not None
        return Position(
            LogPlace(row["offset"], row["key"]),
            row["missing"],
            row["drops"],
            "lost_at" in row,
            row.get("applied", False),
            due,
        )

    def begin(self, place: LogPlace, *, missing: bool) -> None:
        """Have the service begin at that place, where it has no position yet."""
        with suppress(DuplicateKeyError):
            self._rows.insert_one({"_id": ROW, **_standing(place), "missing": missing, "drops": int(missing)})
            self._rows.update_one({"_id": ROW}, [{"$set": {"noted": "$$NOW"}}])

    def count_opening(self) -> int:
        """Count that the log is opened at the place; return how often it was before, without any progress since."""
        more: Document = {"openings": {"$add": [{"$ifNull": ["$openings", 0]}, 1]}}
        row = self._rows.find_one_and_update({"_id": ROW}, [{"$set": more}], return_document=ReturnDocument.AFTER)
        return 0 if row is None else int(row["openings"]) - 1

    def move_on(self, end: LogPlace) -> None:
        """Move to the end that was noted last time, and note this one, unless another replica just has.

        Only after a look that proves that nothing was dropped.
        """
        later: Document = {
            "offset": "$next_offset", "key": "$next_key", "next_offset": end.offset, "next_key": end.key,
            "noted": "$$NOW", "applied": False,
        }  # fmt: skip
        self._rows.update_one({"_id": ROW, "missing": False, **_OLD}, [{"$set": later}])

    def mark_missing(self) -> None:
        """Record that events after the place may have been dropped, once more."""
        self._rows.update_one({"_id": ROW}, [{"$set": {"missing": True, "drops": {"$add": ["$drops", 1]}}}])

    def save(self, place: LogPlace, *, well: bool) -> None:
        """Move to an event that is applied, as all before it are; `well`: forget how often the log was opened."""
        self._rows.update_one(
            {"_id": ROW}, [{"$set": {**_standing(place), "applied": True, **({"openings": 0} if well else {})}}]
        )

    def finish(self, place: LogPlace, drops: int) -> bool:
        """Record that no event is missing any more: all before the place are applied, the later ones in the queue.

        Returns False where events may have been dropped since `drops` was read.
        """
        done = {**_standing(place), "missing": False, "noted": "$$NOW", "openings": 0, "applied": True}
        return bool(self._rows.update_many({"_id": ROW, "drops": drops}, [{"$set": done}]).matched_count)

    def note_loss(self, wanted: LogPlace, first: LogPlace) -> None:
        """Record, for the doctor, that the log had nothing from one place to the other: those events are lost here."""
        lost = {"lost_from": wanted.offset, "lost_to": first.offset, "lost_at": "$$NOW"}
        self._rows.update_one({"_id": ROW}, [{"$set": lost}])


_OLD: Final[Document] = {"$expr": {"$lte": ["$noted", {"$subtract": ["$$NOW", BEHIND]}]}}


def _standing(place: LogPlace) -> Document:
    return {"offset": place.offset, "key": place.key, "next_offset": place.offset, "next_key": place.key}
