"""Marking: give marks to people who were stored before there were any, in batches beside the running service.

`lianshan migrate` runs it. A document gets its marks only where it still has none: one that somebody has erased in the
meantime has an empty list. A run that is killed loses nothing, because the next one looks for the documents that are
left.
"""

from collections.abc import Callable, Iterable
from time import sleep
from typing import Final

from pymongo import UpdateOne, WriteConcern
from pymongo.database import Database

from shared.engine import Document
from shared.engine.capability import MakeMarks
from shared.people.marks import MARKS
from shared.people.resealing import MAJORITY_MILLIS, MAX_MILLIS, Report
from shared.runtime.failpoints import failpoint
from shared.runtime.vault import Vault

UNMARKED: Final[Document] = {MARKS: None}
"""The people who have no marks yet. A person who was forgotten has an empty list of marks."""


def any_unmarked(database: Database[Document], collections: Iterable[str]) -> bool:
    """Return whether somebody in these collections has no marks yet. Raises PyMongoError."""
    return any(database[name].find_one(UNMARKED, {"_id": 1}, max_time_ms=MAX_MILLIS) for name in collections)


class Marking:
    """Marks the people of one collection: `batch` documents at a time, with `rest` seconds between two batches.

    `tell` takes the number of documents changed so far.
    """

    def __init__(
        self, database: Database[Document], vault: Vault, collection: str, make_marks: MakeMarks, *, batch: int = 500,
        rest: float = 0.0, tell: Callable[[int], None] = lambda _: None,
    ) -> None:  # fmt: skip
        majority = WriteConcern("majority", MAJORITY_MILLIS)
        self._database = database
        self._people = database.get_collection(collection, write_concern=majority)
        self._vault = vault
        self._make_marks = make_marks
        self._batch = batch
        self._rest = rest
        self._tell = tell

    def count(self) -> int:
        """Return the number of people without marks. Raises PyMongoError."""
        return self._people.count_documents(UNMARKED, maxTimeMS=MAX_MILLIS)

    def run(self) -> Report:
        """Mark everybody who has no marks; return the report. Raises PyMongoError."""
        report, after = Report(), None
        while people := self._page(after):  # ends: `_id` only rises
            after = people[-1]["_id"]
            marks = self._make_marks(self._database, self._vault, people)
            writes = [UpdateOne({"_id": name, **UNMARKED}, {"$set": fields}) for name, fields in marks.items()]
            if writes:
                report.changed += self._people.bulk_write(writes, ordered=False).modified_count
            for person in people:
                if person["_id"] not in marks:
                    report.note(self._people.name, person["_id"])
            failpoint("during_migration")
            self._tell(report.changed)
            sleep(self._rest)
        return report

    def _page(self, after: object) -> list[Document]:
        wanted = UNMARKED if after is None else {**UNMARKED, "_id": {"$gt": after}}
        return list(self._people.find(wanted).sort("_id", 1).limit(self._batch).max_time_ms(MAX_MILLIS))
