"""The retention of results: deleted with their values some years after they were recorded; alerts stay, nameless."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pymongo import WriteConcern

from services.stations.screening.domain.alert import OPEN_STATES, Alert
from services.stations.screening.domain.result import Examination, Result, examination_id
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import make_id
from shared.people.retention import BATCH, MAX_MILLIS

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

MAJORITY_MILLIS: Final = 15_000
KIND_DIGITS: Final = len("result_") + 9
"""The part of a result's id that holds its kind and its time."""


@dataclass
class OldResults:
    """The results of screenings that were recorded more than `days` ago, unless their alert is open.

    Personal Information Protection Law, art. 19: personal information is kept no longer than its purpose needs. A
    closed alert loses the ids of person and result with it; its codes and times stay for the figures.
    """

    days: int
    category: str = "screening_results"
    _after: str = field(default="", init=False)

    def delete_batch(self, database: "Database[Document]", now: datetime) -> Sequence[str] | None:
        """Look at up to 200 results in the order of their ids, which rise with time; delete those that are too old."""
        bound = make_id("result", now - timedelta(days=self.days), "")[:KIND_DIGITS]
        rows = database[Result.collection].find({"_id": {"$gt": self._after, "$lt": bound}})
        found = [Result.from_document(row) for row in rows.sort("_id", 1).limit(BATCH).max_time_ms(MAX_MILLIS)]
        self._after = found[-1].id if found else ""
        if not found:
            return None
        old = self._without_open_alert(database, found)
        self._delete(database, old)
        return [one.id for one in old]

    def _without_open_alert(self, database: "Database[Document]", found: Sequence[Result]) -> list[Result]:
        rule: Document = {
            "_id": {"$in": [one.alert_id for one in found if one.alert_id]}, "state": {"$in": list(OPEN_STATES)},
        }  # fmt: skip
        is_open = {row["_id"] for row in database[Alert.collection].find(rule, {"_id": 1}).max_time_ms(MAX_MILLIS)}
        return [one for one in found if one.alert_id not in is_open]

    def _delete(self, database: "Database[Document]", old: Sequence[Result]) -> None:
        if not old:
            return
        old = self._take_out(database, old)
        # The results last: the next pass finds an unfinished one by its result. With a new version, so that no decision
        # stands on the former one.
        alerts = [one.alert_id for one in old if one.alert_id]
        blank: Document = {"$set": {"resident_id": "", "result_id": ""}, "$inc": {"version": 1}}
        self._rows(database, Alert.collection).update_many({"_id": {"$in": alerts}, "resident_id": {"$ne": ""}}, blank)
        self._rows(database, Result.collection).delete_many({"_id": {"$in": [one.id for one in old]}})

    def _take_out(self, database: "Database[Document]", old: Sequence[Result]) -> list[Result]:
        """Take the results out of their examinations, and delete those without another; return the results taken out.

        Of an examination that changes meanwhile the next pass sees to them.
        """
        by_examination: dict[str, list[Result]] = {}
        for one in old:
            by_examination.setdefault(examination_id(one.screening_id, one.resident_id), []).append(one)
        rows = self._rows(database, Examination.collection)
        rule: Document = {"_id": {"$in": list(by_examination)}}
        known = {row["_id"]: Examination.from_document(row) for row in rows.find(rule).max_time_ms(MAX_MILLIS)}
        for key, before in known.items():
            ids = {one.id for one in by_examination[key]}
            left = {code: result for code, result in before.results.items() if result not in ids}
            if left:
                rows.update_one(before.guard(), {"$set": {"results": left}, "$inc": {"version": 1}})
            else:
                rows.delete_one(before.guard())
        now = {row["_id"]: set(row["results"].values()) for row in rows.find(rule).max_time_ms(MAX_MILLIS)}
        return [one for key, found in by_examination.items() for one in found if one.id not in now.get(key, ())]

    def _rows(self, database: "Database[Document]", name: str) -> "Collection[Document]":
        return database.get_collection(name, write_concern=WriteConcern("majority", wtimeout=MAJORITY_MILLIS))
