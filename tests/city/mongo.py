"""The face of PyMongo over a store in memory, as far as `shared.engine.store` uses it; any other call raises."""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from datetime import UTC, datetime
from typing import Any, Final, Self

from bson import ObjectId
from pymongo import WriteConcern
from pymongo.errors import DuplicateKeyError, OperationFailure, WTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.results import UpdateResult

from tests.city.documents import as_bson, changed_document, fits_guard
from tests.city.expressions import fits
from tests.city.found import Cursor, follow
from tests.city.store import DUPLICATE_KEY, LABEL, Document, Memory, Pending, values_of, write_conflict

LOCAL: Final = ReadConcern("local")
WRITE_CONCERN_FAILED: Final = 64
Io = Callable[[str], None]
"""Called before and after each call to a server: there the adversary pauses, kills or cuts off the caller."""


def no_trouble(_: str) -> None:
    """Let every call pass."""


# ---- the face of PyMongo ---------------------------------------------------------------------------------------


class Session:
    """A client session with at most one transaction."""

    def __init__(self, database: "Database") -> None:
        self.database = database
        self.pending: Pending | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def start_transaction(self, **_: object) -> None:
        """Begin with a snapshot of now."""
        self.pending = Pending(self.database.memory.sequence, self.database)

    def commit_transaction(self) -> None:
        """Apply all writes at once, as durable as a majority can make them; the adversary may keep the outcome back."""
        assert self.pending is not None, "no transaction has begun"
        self.database.settle(self.pending)

    def abort_transaction(self) -> None:
        """Forget all writes."""
        if self.pending is not None and self.pending.open and not self.database.cut_off():
            self.database.memory.end(self.pending)


class Admin:
    """The database of commands to the server: it answers the time of this host, as one who repairs by hand asks."""

    def command(self, name: str) -> Document:
        """Answer `hello`."""
        assert name == "hello", name
        return {"localTime": datetime.now(UTC).replace(tzinfo=None)}


class Client:
    """The client of one database."""

    admin = Admin()

    def __init__(self, database: "Database") -> None:
        self._database = database

    def start_session(self) -> Session:
        """Begin a session."""
        return Session(self._database)


class Database:
    """A database as a service's process sees it. `io` is the adversary's hook."""

    def __init__(self, memory: Memory, io: Io = no_trouble, read_concern: ReadConcern = LOCAL) -> None:
        self.memory = memory
        self.majority = read_concern.level == "majority"
        self.durable = False
        self.name = memory.name
        self.client = Client(self)
        self.io = io
        self.cut_off: Callable[[], bool] = lambda: False
        """Whether the process is dead, so that nothing it still does has an effect."""
        self.settle: Callable[[Pending], None] = self.settle_now

    def settle_now(self, pending: Pending) -> None:
        """Commit the transaction, durable at once. A second time has no effect."""
        self.io("commit")
        if pending.open:
            self.memory.end(pending)
            pending.applied = True
            self.memory.apply(pending.writes)
        self.io("committed")

    def __getitem__(self, name: str) -> "Collection":
        return self.get_collection(name)

    def get_collection(
        self, name: str, *, read_concern: ReadConcern | None = None, write_concern: WriteConcern | None = None
    ) -> "Collection":
        """Return the collection with its own concerns, or with those of the database."""
        majority = self.majority if read_concern is None else read_concern.level == "majority"
        return Collection(self, name, majority=majority, durable=self.is_durable(write_concern))

    def with_options(self, *, write_concern: WriteConcern) -> Self:
        """Return the same database with another write concern of its own."""
        other = copy(self)
        other.durable = self.is_durable(write_concern)
        return other

    def is_durable(self, write_concern: WriteConcern | None) -> bool:
        """Return whether a write waits for a majority, by its own concern or that of the database."""
        return self.durable if write_concern is None else write_concern.document.get("w") == "majority"

    def visible(self, name: str) -> dict[Any, Document]:
        """Return the documents that a reader of this database sees."""
        return self.memory.majority_view(name) if self.majority else self.memory.visible(name)

    def command(self, command: Document, session: Session | None = None) -> Document:
        """Run insert, update or delete, as `shared.engine.store.commit` writes them."""
        kind = next(iter(command))
        self.io(kind)
        pending = session.pending if session is not None else None
        if pending is not None and not pending.open:
            raise OperationFailure("NoSuchTransaction", 251, {"errorLabels": [LABEL]})
        run = {"insert": self._insert, "update": self._update, "delete": self._delete}[kind]
        try:
            return run(pending, command)
        except DuplicateKeyError as error:
            if pending is not None:
                self.memory.end(pending)  # a failed statement ends its transaction
            return {"ok": 1, "n": 0, "writeErrors": [{"code": DUPLICATE_KEY, "errmsg": str(error)}]}
        except OperationFailure:
            if pending is not None:
                self.memory.end(pending)
            raise

    def _insert(self, pending: Pending | None, command: Document) -> Document:
        name = command["insert"]
        for document in command["documents"]:
            stored = as_bson(document)
            if "_id" not in stored:
                stored["_id"] = ObjectId()
            if self.memory.read(pending, name, stored["_id"]) is not None:
                raise DuplicateKeyError(f"E11000 duplicate key: {name}._id", DUPLICATE_KEY, {})
            self.memory.write(pending, name, stored["_id"], stored)
        return {"ok": 1, "n": len(command["documents"])}

    def _update(self, pending: Pending | None, command: Document) -> Document:
        name, changed = command["update"], 0
        for update in command["updates"]:
            row_id = update["q"]["_id"]
            known = self.memory.read(pending, name, row_id)
            if known is not None and not fits_guard(known, update["q"]):
                self._check_current(pending, name, row_id)
                continue
            if known is None and not update.get("upsert"):
                continue
            self.memory.write(pending, name, row_id, changed_document(known, update["u"], row_id))
            changed += 1
        return {"ok": 1, "n": changed}

    def _check_current(self, pending: Pending | None, name: str, row_id: Any) -> None:
        """Raise a write conflict where the snapshot, which is older than the document, would still have fitted."""
        if pending is not None and self.memory.collection(name).changed_at.get(row_id, 0) > pending.snapshot:
            raise write_conflict()

    def _delete(self, pending: Pending | None, command: Document) -> Document:
        name, deleted = command["delete"], 0
        for delete in command["deletes"]:
            row_id = delete["q"]["_id"]
            known = self.memory.read(pending, name, row_id)
            if known is None or not fits(known, delete["q"]):
                self._check_current(pending, name, row_id)
                continue
            self.memory.write(pending, name, row_id, None)
            deleted += 1
        return {"ok": 1, "n": deleted}


class Collection:
    """A collection as PyMongo offers it, as far as the engine uses it."""

    def __init__(self, database: Database, name: str, *, majority: bool = False, durable: bool = False) -> None:
        self._database = database
        self._durable = durable
        self._memory = database.memory
        self._name = name
        self._majority = majority

    def find(self, rule: Document | None = None, fields: object = None, **_: object) -> Cursor:  # noqa: ARG002 - whole documents do
        """Return the documents that fit, in the order of their insertion."""
        self._database.io("find")
        return Cursor(list(self._find(rule or {})))

    def _find(self, rule: Document, *, latest: bool = False) -> Iterable[Document]:
        """Return the documents that fit; `latest`: as the primary has them, on which a write acts."""
        settled = self._majority and not latest
        found = self._memory.majority_view(self._name) if settled else self._memory.visible(self._name)
        if len(rule) == 1:
            ((name, wanted),) = rule.items()
            if name == "_id" and isinstance(wanted, dict) and set(wanted) == {"$in"}:
                return [found[i] for i in wanted["$in"] if i in found]
            rows = self._memory.collection(self._name)
            if name in rows.keys and isinstance(wanted, dict) and set(wanted) == {"$in"}:
                if found is not rows.by_id:
                    given = set(wanted["$in"])
                    return [each for each in found.values() if not given.isdisjoint(values_of(each, name))]
                ids = {rows.keys[name][value]: None for value in wanted["$in"] if value in rows.keys[name]}
                return [found[i] for i in ids]
        one = rule.get("_id")
        if one is not None and not isinstance(one, dict):  # half of all searches
            found = {one: found[one]} if one in found else {}
        return [document for document in found.values() if fits(document, rule, self._memory.now)]

    def find_one(self, rule: Document | None = None, fields: object = None, *, sort: Any = None, **_: object) -> Any:
        """Return the first document that fits, or None."""
        cursor = self.find(rule, fields)
        return next(iter(cursor.sort(sort) if sort else cursor), None)

    def aggregate(self, pipeline: Sequence[Document], **_: object) -> list[Document]:
        """Return the documents of a pipeline, see `follow`."""
        self._database.io("aggregate")
        return follow(lambda name, rule: self._database[name]._find(rule), self._name, pipeline, self._memory.now)

    def count_documents(self, rule: Document, **_: object) -> int:
        """Return the number of documents that fit."""
        return sum(1 for _ in self.find(rule))

    def estimated_document_count(self, **_: object) -> int:
        """Return the number of all documents."""
        return self.count_documents({})

    def insert_one(self, document: Document) -> None:
        """Insert one document. Raises DuplicateKeyError."""
        result = self._database.command({"insert": self._name, "documents": [document]})
        if result.get("writeErrors"):
            raise DuplicateKeyError(result["writeErrors"][0]["errmsg"], DUPLICATE_KEY, {})

    def delete_one(self, rule: Document) -> None:
        """Delete the first document that fits."""
        self._delete(rule, 1)

    def delete_many(self, rule: Document) -> None:
        """Delete every document that fits."""
        self._delete(rule, None)

    def _delete(self, rule: Document, most: int | None) -> None:
        self._database.io("delete")
        for document in list(self._find(rule, latest=True))[:most]:
            self._memory.write(None, self._name, document["_id"], None)
        self._await_majority()

    def _await_majority(self) -> None:
        # A write that changes nothing waits as well: for the latest that the primary has.
        if self._durable and self._memory.minority:
            raise WTimeoutError("waiting for replication timed out", WRITE_CONCERN_FAILED, {})

    def update_one(self, rule: Document, update: Document, *, upsert: bool = False) -> None:
        """Change the first document that fits."""
        self._database.io("update")
        found = next(iter(self._find(rule, latest=True)), None)
        if found is not None or upsert:
            row_id = rule["_id"] if found is None else found["_id"]
            self._memory.write(None, self._name, row_id, changed_document(found, update, row_id, self._memory.now))
        self._await_majority()

    def update_many(self, rule: Document, update: Document | list[Document]) -> UpdateResult:
        """Change every document that fits, and return how many did."""
        self._database.io("update")
        found = list(self._find(rule, latest=True))
        for document in found:
            after = changed_document(document, update, document["_id"], self._memory.now)
            self._memory.write(None, self._name, document["_id"], after)
        self._await_majority()
        return UpdateResult({"n": len(found)}, acknowledged=True)

    def find_one_and_update(self, rule: Document, update: Document, *, sort: Any = None, **_: object) -> Any:
        """Change the first document that fits and return it as it is afterwards, or None."""
        self._database.io("update")
        found = next(iter(Cursor(list(self._find(rule, latest=True))).sort(sort or [])), None)
        if found is None:
            self._await_majority()
            return None
        after = changed_document(found, update, found["_id"], self._memory.now)
        self._memory.write(None, self._name, found["_id"], after)
        self._await_majority()
        return after
