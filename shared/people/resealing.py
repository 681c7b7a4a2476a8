"""Resealing: bring all sealed values of a service to today's form and key, in batches beside the running service.

`lianshan migrate` moves the values of release 0.2 to data keys, `lianshan keys rotate` wraps data keys with a new key
of the ring. Each value is replaced only where it is still as it was read: one that the service has written in the
meantime has the new form already. A run that is killed loses nothing, because the next one looks for the values that
are left.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, sleep
from types import MappingProxyType
from typing import Final

from pymongo import UpdateOne, WriteConcern
from pymongo.database import Database

from shared.engine import Document
from shared.engine.amqp.letter_content import place_of as letter_place
from shared.engine.decide.external_ids import ExternalId, name_place
from shared.engine.store.collections import LETTERS, SEALED_ROWS, row_place
from shared.people.keys import COLLECTION, OWN_KEY, Sealer, key_id, key_place, ring_of
from shared.people.names import PERSON_KINDS
from shared.runtime.failpoints import failpoint
from shared.runtime.vault import Vault, VaultError

MAX_MILLIS: Final = 60_000
"""How long one query may take."""
WINDOW: Final = 20_000
"""Documents that one query goes through at most: no index finds the values that a former key has sealed."""
LETTERS_AT_ONCE: Final = 50
"""Failed messages, or parts of files, of one batch: 18 MiB at most, because each may be as large as a command."""
MAJORITY_MILLIS: Final = 15_000
MOST_UNREADABLE: Final = 20
"""Values that cannot be opened, of which the report names so many."""
_SEALED: Final = r"^v[12]\."
_KEPT: Final = r"^(?:v[12]|k1)\."
_PERSON: Final = "person"
_KEY: Final = "key"
SealedFields = Mapping[str, Mapping[str, str]]
"""The sealed fields of each collection with personal data, with the purposes of their keys."""


@dataclass
class Report:
    """The result of a resealing: the number of documents changed, and the places of values that nothing opens."""

    changed: int = 0
    unreadable: list[str] = field(default_factory=list)

    def note(self, *place: str) -> None:
        """Note a value that cannot be opened."""
        if len(self.unreadable) < MOST_UNREADABLE:
            self.unreadable.append("/".join(place))


class Resealing:
    """Reseals one service's store: `batch` documents at a time, with `rest` seconds between two batches.

    The vault seals in the bound form. `tell` takes the number of documents changed so far. `subjects` names the field
    with the person's id, of collections whose documents have ids of their own.
    """

    def __init__(
        self, database: Database[Document], vault: Vault, fields: SealedFields, *, batch: int = 500, rest: float = 0.0,
        tell: Callable[[int], None] = lambda _: None, subjects: Mapping[str, str] = MappingProxyType({}),
        window: int = WINDOW,
    ) -> None:  # fmt: skip
        self._subjects = subjects
        self._database = database
        self._vault = vault
        self._fields = fields
        self._batch = batch
        self._window = window
        self._rest = rest
        self._tell = tell
        self.report = Report()

    def run(self) -> Report:
        """Reseal everything that is not of today's form and key; return the report. Raises PyMongoError."""
        self.report.unreadable.clear()
        for collection, fields in self._fields.items():
            self._over(collection, self._personal(fields), partial(self._move, collection, fields))
        self._over(COLLECTION, {"ring": {"$ne": self._vault.key_id}}, self._wrap_again)
        self._over(ExternalId.collection, self._names_of_persons(), self._move_names)
        self._over(LETTERS, self._former("sealed"), partial(self._seal_again, letter_place))
        self._over(ExternalId.collection, self._other_names(), partial(self._seal_again, name_place))
        for name in SEALED_ROWS:
            self._over(name, self._former("sealed"), partial(self._seal_again, partial(row_place, name)))
        return self.report

    def count(self) -> int:
        """Return the number of documents that are left to reseal; goes through all there are. Raises PyMongoError."""
        rules = [(name, self._personal(fields)) for name, fields in self._fields.items()]
        rules += [(COLLECTION, {"ring": {"$ne": self._vault.key_id}})]
        rules += [(name, self._former("sealed")) for name in (LETTERS, *SEALED_ROWS)]
        rules += [(ExternalId.collection, rule) for rule in (self._names_of_persons(), self._other_names())]
        return sum(self._count(name, rule) for name, rule in rules)

    def _count(self, collection: str, rule: Document) -> int:
        rows = self._database[collection]
        found, began = 0, monotonic()
        for window in self._windows(collection):
            found += rows.count_documents({**rule, "_id": window} if window else rule, maxTimeMS=MAX_MILLIS)
            began = self._pause(began)
        return found

    def _pause(self, began: float) -> float:
        """Rest after the work since `began`, in seconds of the monotonic clock; return the end of the rest.

        As long as the work took: at full speed the store would have half of two cores left for the live traffic.
        """
        sleep(self._rest + monotonic() - began)
        return monotonic()

    def _former(self, name: str) -> Document:
        # Not sealed at all is a letter of events alone, or one whose body was too large to be kept.
        return {name: {"$regex": _SEALED, "$not": re.compile(rf"^v2\.{self._vault.key_id}\.")}}

    def _names_of_persons(self) -> Document:
        return {"kind": {"$in": list(PERSON_KINDS)}, **self._personal({"sealed": _PERSON})}

    def _other_names(self) -> Document:
        return {"kind": {"$nin": list(PERSON_KINDS)}, **self._former("sealed")}

    def _personal(self, fields: Mapping[str, str]) -> Document:
        return {"$or": [{name: self._rule_of(purpose)} for name, purpose in fields.items()]}

    def _rule_of(self, purpose: str) -> Document:
        """Return the rule of the values that a field of that purpose should not hold."""
        if purpose == _PERSON:
            return {"$regex": _SEALED}
        if purpose == _KEY:
            return self._former(OWN_KEY)[OWN_KEY]  # type: ignore[no-any-return]
        return {"$regex": _KEPT, "$not": re.compile(rf"^k1\.{self._vault.key_id}\.")}

    def _is_former(self, sealed: str, purpose: str) -> bool:
        if purpose == _PERSON:
            return re.match(_SEALED, sealed) is not None
        if purpose == _KEY:
            return not self._vault.is_current(sealed)
        return re.match(_KEPT, sealed) is not None and not sealed.startswith(f"k1.{self._vault.key_id}.")

    def _over(self, collection: str, rule: Document, change: Callable[[Sequence[Document]], list[UpdateOne]]) -> None:
        documents = self._database.get_collection(collection, write_concern=WriteConcern("majority", MAJORITY_MILLIS))
        most = min(self._batch, LETTERS_AT_ONCE) if collection in {LETTERS, *SEALED_ROWS} else self._batch
        began = monotonic()
        for window in self._windows(collection):
            within = window
            while rows := self._page(collection, rule, within, most):  # ends: `_id` only rises
                within = {**window, "$gt": rows[-1]["_id"]}
                if writes := change(rows):
                    self.report.changed += documents.bulk_write(writes, ordered=False).modified_count
                failpoint("during_migration")
                self._tell(self.report.changed)
                began = self._pause(began)
                if len(rows) < most:
                    break

    def _page(self, collection: str, rule: Document, within: Document, most: int) -> list[Document]:
        wanted = {**rule, "_id": within} if within else rule
        return list(self._database[collection].find(wanted).sort("_id", 1).limit(most).max_time_ms(MAX_MILLIS))

    def _windows(self, collection: str) -> Iterator[Document]:
        """Return the bounds of `_id` of every `window` documents, in order; the last is open at its end.

        No query goes through more documents than that: the live traffic has its turn in between, and no collection is
        too large for the time limit.
        """
        window: Document = {}
        while (end := self._end_of(collection, window)) is not None:  # ends: `_id` only rises
            yield {**window, "$lte": end}
            window = {"$gt": end}
        yield window

    def _end_of(self, collection: str, window: Document) -> object:
        """Return the last id of a window that begins there; None for the last window."""
        ids = self._database[collection].find({"_id": window} if window else {}, {"_id": 1}).sort("_id", 1)
        return next((row["_id"] for row in ids.skip(self._window - 1).limit(1).max_time_ms(MAX_MILLIS)), None)

    # ---- values of release 0.2, which move to data keys, and values that a law keeps -----------------------------

    def _move(self, collection: str, fields: Mapping[str, str], rows: Sequence[Document]) -> list[UpdateOne]:
        subjects = {row["_id"]: row[self._subjects.get(collection, "_id")] for row in rows}
        texts = {row["_id"]: self._open_fields(collection, fields, row) for row in rows}
        keys = self._make_keys(
            subjects[row_id] for row_id, found in texts.items() if any(fields[name] == _PERSON for name in found)
        )
        writes = []
        for row in rows:
            row_id, found = row["_id"], texts[row["_id"]]
            if found:
                subject = subjects[row_id]
                news = {
                    name: self._sealer_for(fields[name], keys, subject).seal(
                        text, *_place_of(collection, row_id, name, fields[name])
                    )
                    for name, text in found.items()
                }
                writes.append(UpdateOne({"_id": row_id, **{name: row[name] for name in found}}, {"$set": news}))
        return writes

    def _sealer_for(self, purpose: str, keys: Mapping[str, Sealer], subject: str) -> Sealer:
        if purpose == _PERSON:
            return keys[subject]
        return self._vault if purpose == _KEY else self._vault.kept

    def _move_names(self, rows: Sequence[Document]) -> list[UpdateOne]:
        """Seal the names of persons by the persons' keys, so that they are forgotten with them."""
        texts = {row["_id"]: self._open_name(row) for row in rows}
        keys = self._make_keys(row["about"] for row in rows if texts[row["_id"]] is not None)
        return [
            UpdateOne(
                {"_id": row["_id"], "sealed": row["sealed"]},
                {"$set": {"sealed": keys[row["about"]].seal(text, *name_place(row["_id"]))}},
            )
            for row in rows
            if (text := texts[row["_id"]]) is not None
        ]

    def _open_name(self, row: Document) -> str | None:
        try:
            return self._vault.open(row["sealed"], *name_place(row["_id"]))
        except VaultError:
            self.report.note(ExternalId.collection, row["_id"])
            return None

    def _open_fields(self, collection: str, fields: Mapping[str, str], row: Document) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, purpose in fields.items():
            sealed = row.get(name)
            if isinstance(sealed, str) and self._is_former(sealed, purpose):
                try:
                    found[name] = self._vault.open(sealed, *_place_of(collection, row["_id"], name, purpose))
                except VaultError:
                    self.report.note(collection, row["_id"], name)
        return found

    def _make_keys(self, wanted: Iterable[str]) -> dict[str, Sealer]:
        """Return the sealers of these persons, whose data keys are made where there are none."""
        if not (ids := {key_id(subject): subject for subject in wanted}):
            return {}
        rows = self._database.get_collection(COLLECTION, write_concern=WriteConcern("majority", MAJORITY_MILLIS))
        known = {row["_id"] for row in rows.find({"_id": {"$in": list(ids)}}, {"_id": 1}).max_time_ms(MAX_MILLIS)}
        inserts = []
        for entity_id in ids.keys() - known:
            wrapped, _ = self._vault.make_key(*key_place(entity_id))
            row: Document = {"version": 1, "wrapped": wrapped, "ring": ring_of(wrapped)}
            inserts.append(UpdateOne({"_id": entity_id}, {"$setOnInsert": row}, upsert=True))
        if inserts:
            rows.bulk_write(inserts, ordered=False)
        # Read again: the service may have made one in the meantime.
        found = rows.find({"_id": {"$in": list(ids)}}).max_time_ms(MAX_MILLIS)
        return {ids[row["_id"]]: self._vault.open_key(row["wrapped"], *key_place(row["_id"])) for row in found}

    # ---- values under a former key of the ring -------------------------------------------------------------------

    def _wrap_again(self, rows: Sequence[Document]) -> list[UpdateOne]:
        writes = []
        for row in rows:
            sealed = self._again(row["wrapped"], key_place(row["_id"]))
            if sealed is not None:
                # Without a new version: nothing that a service decides depends on how its key is wrapped.
                news = {"wrapped": sealed, "ring": ring_of(sealed)}
                writes.append(UpdateOne({"_id": row["_id"], "wrapped": row["wrapped"]}, {"$set": news}))
        return writes

    def _seal_again(self, place: Callable[[str], tuple[str, str, str]], rows: Sequence[Document]) -> list[UpdateOne]:
        sealed = ((row, self._again(row["sealed"], place(row["_id"]))) for row in rows)
        return [
            UpdateOne({"_id": row["_id"], "sealed": row["sealed"]}, {"$set": {"sealed": news}})
            for row, news in sealed
            if news is not None
        ]

    def _again(self, sealed: str, place: tuple[str, str, str]) -> str | None:
        try:
            return self._vault.seal(self._vault.open(sealed, *place), *place)
        except VaultError:
            self.report.note(*place[:2])
            return None


def _place_of(collection: str, row_id: str, name: str, purpose: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for: a data key for its person, in any collection."""
    return key_place(key_id(row_id)) if purpose == _KEY else (collection, row_id, name)
