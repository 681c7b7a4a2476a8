"""A store in memory with the calls that prepare, migrate and sum it up: collections, indexes, bulk writes, groups.

Held to MongoDB by `test_conformance_of_preparing`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from pymongo import IndexModel, ReplaceOne, UpdateOne, WriteConcern
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WTimeoutError
from pymongo.read_concern import ReadConcern
from pymongo.results import BulkWriteResult

from tests.city.documents import as_bson
from tests.city.expressions import evaluate
from tests.city.mongo import LOCAL, Client, Collection, Database, Session
from tests.city.store import DUPLICATE_KEY, Document, Memory

NAMESPACE_EXISTS: Final = 48
OTHER_NAME: Final = 85
OTHER_KEYS: Final = 86


class PreparedClient(Client):
    """The client of a prepared database: a session may read a snapshot, which nothing changes meanwhile."""

    def start_session(self, *, snapshot: bool = False) -> Session:  # noqa: ARG002 - one reader at a time
        """Begin a session."""
        return super().start_session()


class PreparedDatabase(Database):
    """A database without collections: the first write or `create_collection` makes one."""

    def __init__(self, memory: Memory | None = None, read_concern: ReadConcern = LOCAL) -> None:
        super().__init__(memory or Memory("test"), read_concern=read_concern)
        self.client = PreparedClient(self)
        self.indexes: dict[str, dict[str, IndexModel]] = {}
        self.calls: list[str] = []
        """The things made and dropped, in order."""

    def list_collection_names(self) -> list[str]:
        """Return the collections that were made or written to."""
        written = (name for name, rows in self.memory.rows.items() if rows.changed_at)
        return list({**self.indexes, **dict.fromkeys(written)})

    def create_collection(self, name: str, *, check_exists: bool) -> None:
        """Make a collection. Raises OperationFailure where it stands."""
        assert not check_exists, "one more question, and no answer to two that make it at once"
        if name in self.list_collection_names():
            raise OperationFailure("collection already exists", NAMESPACE_EXISTS)
        self.calls.append(f"create {name}")
        self.indexes[name] = {}

    def get_collection(
        self, name: str, *, read_concern: ReadConcern | None = None, write_concern: WriteConcern | None = None
    ) -> "PreparedCollection":
        """Return the collection as `Database` does."""
        majority = self.majority if read_concern is None else read_concern.level == "majority"
        return PreparedCollection(self, name, majority=majority, durable=self.is_durable(write_concern))


class PreparedCollection(Collection):
    """A collection with indexes; of the unique ones those of one field are kept."""

    _database: PreparedDatabase

    def insert_many(self, documents: Iterable[Document]) -> None:
        """Insert documents, one after the other."""
        for document in documents:
            self.insert_one(document)

    def create_indexes(self, models: Sequence[IndexModel], **_options: object) -> None:
        """Build the indexes that are missing. Raises OperationFailure where one stands otherwise."""
        standing = self._database.indexes.setdefault(self._name, {})
        for model in models:
            name, keys = model.document["name"], dict(model.document["key"])
            for known in standing.values():
                same_keys, same_name = dict(known.document["key"]) == keys, known.document["name"] == name
                if same_keys != same_name:
                    code = OTHER_KEYS if same_name else OTHER_NAME
                    raise OperationFailure(f"Index already exists with other keys or another name: {name}", code)
            if name not in standing:
                self._database.calls.append(f"build {self._name}.{name}")
                standing[name] = model
                if model.document.get("unique"):
                    self._keep_unique(next(iter(keys)))

    def _keep_unique(self, field: str) -> None:
        rows = self._memory.collection(self._name)
        rows.unique.append(field)
        rows.keys[field] = {row[field]: row_id for row_id, row in rows.by_id.items() if field in row}

    def index_information(self) -> dict[str, Document]:
        """Return the indexes by name, that of `_id` among them."""
        found = self._database.indexes.get(self._name, {})
        return {"_id_": {"key": [("_id", 1)]}, **{name: dict(model.document) for name, model in found.items()}}

    def drop_index(self, name: str) -> None:
        """Drop an index."""
        self._database.calls.append(f"drop {self._name}.{name}")
        del self._database.indexes[self._name][name]

    def bulk_write(self, writes: Sequence[ReplaceOne[Document] | UpdateOne], *, ordered: bool) -> BulkWriteResult:
        """Replace and update documents where they are as the filters say. Raises BulkWriteError after all were tried.

        Also where all were written and a majority does not have them in time: then without an error of a write.
        """
        assert not ordered, "one that is refused must not hold up the others"
        changed, errors = 0, []
        for nth, write in enumerate(writes):
            if isinstance(write, UpdateOne):
                assert isinstance(write._doc, Mapping), "no pipelines"
                self.update_one(dict(write._filter), dict(write._doc), upsert=bool(write._upsert))
                continue
            found = next(iter(self._find(dict(write._filter), latest=True)), None)
            if found is None:
                continue
            try:
                self._memory.write(None, self._name, found["_id"], {**as_bson(dict(write._doc)), "_id": found["_id"]})
                changed += 1
            except DuplicateKeyError as error:
                errors.append({"index": nth, "code": DUPLICATE_KEY, "errmsg": str(error)})
        try:
            self._await_majority()
        except WTimeoutError as error:
            raise BulkWriteError({"writeErrors": errors, "writeConcernErrors": [{"code": error.code}]}) from error
        if errors:
            raise BulkWriteError({"writeErrors": errors, "nModified": changed})
        return BulkWriteResult({"nModified": changed}, acknowledged=True)

    def aggregate(self, pipeline: Sequence[Document], **_: object) -> list[Document]:
        """Return the groups of a pipeline of `$sort`, `$limit` and `$group` by sums and smallest values."""
        found = list(self._find({}))
        for stage in pipeline:
            ((kind, given),) = stage.items()
            if kind == "$sort":
                ((name, way),) = given.items()
                found.sort(key=itemgetter(name), reverse=way < 0)
            elif kind == "$limit":
                found = found[:given]
            else:
                assert kind == "$group", f"{kind} is no stage of this store"
                found = self._group(found, given)
        return found

    def _group(self, rows: Sequence[Document], given: Document) -> list[Document]:
        groups: dict[Any, list[Document]] = {}
        for row in rows:
            parts = given["_id"] or {}
            key = tuple(evaluate(part, row, self._memory.now) for part in parts.values())
            groups.setdefault(key, []).append(row)
        return [
            {
                "_id": dict(zip(given["_id"], key, strict=True)) if given["_id"] else None,
                **{name: self._fold(rule, members) for name, rule in given.items() if name != "_id"},
            }
            for key, members in groups.items()
        ]

    def _fold(self, rule: Document, rows: Sequence[Document]) -> Any:
        ((kind, expression),) = rule.items()
        folds: dict[str, Callable[[Iterable[Any]], Any]] = {"$sum": sum, "$min": min}
        return folds[kind](evaluate(expression, row, self._memory.now) for row in rows)
