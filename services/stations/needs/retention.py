"""The retention of words about people: deleted some time after the end of their need, which stays, nameless."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from pymongo import WriteConcern
from pymongo.collection import Collection
from pymongo.database import Database

from services.stations.needs.domain.attached import AttachmentPart, NeedAttachments
from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from shared.contracts.stations.needs import ENDED
from shared.engine.decide.external_ids import ExternalId
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import make_id
from shared.people import COLLECTION as DATA_KEYS
from shared.people import key_id
from shared.people.consents.domain import SEALED_FIELD, Consent
from shared.people.retention import BATCH, MAX_MILLIS

MAJORITY_MILLIS: Final = 15_000
KIND_DIGITS: Final = len("need_") + 9
"""The part of a need's id that holds its kind and its time."""


@dataclass
class OldNeedTexts:
    """The words of needs that ended more than `days` ago, with data key, attachments, external ids and guardians.

    Personal Information Protection Law, art. 19: personal information is kept no longer than its purpose needs.
    """

    days: int
    category: str = "need_texts"
    _after: str = field(default="", init=False)

    def delete_batch(self, database: Database[Document], now: datetime) -> Sequence[str] | None:
        """Look at up to 200 texts in the order of their ids, which rise with time; delete those that are too old."""
        cutoff = now - timedelta(days=self.days)
        # A need that ended before then was taken in before then.
        bound = make_id("need", cutoff, "")[:KIND_DIGITS]
        rows = database[NeedText.collection].find({"_id": {"$gt": self._after, "$lt": bound}}, {"_id": 1})
        found = [row["_id"] for row in rows.sort("_id", 1).limit(BATCH).max_time_ms(MAX_MILLIS)]
        self._after = found[-1] if found else ""
        if not found:
            return None
        old = self._find_ended(database, found, cutoff)
        self._delete(database, old)
        return old

    def _find_ended(self, database: Database[Document], ids: Sequence[str], cutoff: datetime) -> list[str]:
        rule: Document = {"_id": {"$in": list(ids)}, "state": {"$in": sorted(ENDED)}}
        needs = database[Need.collection].find(rule, {"state": 1, "timeline": {"$slice": -1}}).max_time_ms(MAX_MILLIS)
        return [row["_id"] for row in needs if _utc(row["timeline"][-1][1]) < cutoff]

    def _delete(self, database: Database[Document], ids: Sequence[str]) -> None:
        if not ids:
            return
        # The words last, with their key: the next pass finds an unfinished need by its words.
        keys = [key_id(need_id) for need_id in ids]
        self._rows(database, DATA_KEYS).delete_many({"_id": {"$in": keys}})
        self._rows(database, ExternalId.collection).delete_many({"about": {"$in": list(ids)}})
        # Sealed without a data key in a store of release 0.2. With a new version: no decision stands on the former one.
        named: Document = {"person_id": {"$in": list(ids)}, SEALED_FIELD: {"$ne": ""}}
        blank: Document = {"$set": {SEALED_FIELD: ""}, "$inc": {"version": 1}}
        self._rows(database, Consent.collection).update_many(named, blank)
        self._rows(database, NeedResidents.collection).delete_many({"_id": {"$in": list(ids)}})
        self._rows(database, AttachmentPart.collection).delete_many({"need_id": {"$in": list(ids)}})
        self._rows(database, NeedAttachments.collection).delete_many({"_id": {"$in": list(ids)}})
        self._rows(database, NeedText.collection).delete_many({"_id": {"$in": list(ids)}})

    def _rows(self, database: Database[Document], name: str) -> "Collection[Document]":
        return database.get_collection(name, write_concern=WriteConcern("majority", wtimeout=MAJORITY_MILLIS))


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
