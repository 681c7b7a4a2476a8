"""The documents of one database in memory: unique indexes, open transactions, and commits that no majority has yet.

The rules are those of a replica set with snapshot isolation; `mongo` gives them the face of PyMongo, and the
conformance suite holds both to the same tests as MongoDB.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

Document = dict[str, Any]
DUPLICATE_KEY: Final = 11000
WRITE_CONFLICT: Final = 112
LABEL: Final = "TransientTransactionError"


@dataclass(slots=True)
class Change:
    """One write as it was applied: the document before and after it. None is no document."""

    collection: str
    id: Any
    before: Document | None
    after: Document | None


@dataclass(slots=True)
class Pending:
    """The writes of an open transaction; `locks` are the documents that it alone may write."""

    snapshot: int
    owner: object = None
    writes: dict[tuple[str, Any], Document | None] = field(default_factory=dict)
    open: bool = True
    applied: bool = False
    tries: int | None = None
    """How many more answers to the commit are lost; None before the first."""


class Rows:
    """The documents of one collection with its unique keys."""

    def __init__(self, indexes: Sequence[IndexModel] = ()) -> None:
        self.by_id: dict[Any, Document] = {}
        self.changed_at: dict[Any, int] = {}
        self._earliest: datetime | None = None
        self._searched = True
        self.unique = [next(iter(m.document["key"])) for m in indexes if m.document.get("unique")]
        self.keys: dict[str, dict[Any, Any]] = {name: {} for name in self.unique}

    def put(self, row_id: Any, after: Document | None) -> None:
        """Store, replace or delete the document, and keep the unique keys."""
        before = self.by_id.get(row_id)
        self._searched = False
        for name, known in self.keys.items():
            if before is not None:
                for value in values_of(before, name):
                    known.pop(value, None)
            if after is not None:
                known.update((value, row_id) for value in values_of(after, name))
        if after is None:
            self.by_id.pop(row_id, None)
        else:
            self.by_id[row_id] = after

    def earliest_due(self) -> datetime | None:
        """Return the earliest `due` of all documents; None where none has one."""
        if not self._searched:  # asked far more often than anything changes
            self._earliest = min((row["due"] for row in self.by_id.values() if "due" in row), default=None)
            self._searched = True
        return self._earliest


def write_conflict() -> OperationFailure:
    """Return the error of a write that another transaction was quicker with; the whole may be tried again."""
    return OperationFailure("WriteConflict", WRITE_CONFLICT, {"errorLabels": [LABEL]})


def values_of(document: Document, name: str) -> list[Any]:
    """Return the values under which an index finds the document: each element of a list."""
    value = document.get(name)
    return value if isinstance(value, list) else [value]


class Memory:
    """One database: collections, open transactions, and the changes that only a minority has seen."""

    dirty_reads: ClassVar[bool] = False
    """A fault to plant: whether readers see the writes of open transactions."""

    def __init__(self, name: str, indexes: Mapping[str, Sequence[IndexModel]] | None = None) -> None:
        self.name = name
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        """The time of the server: `$$NOW`."""
        self.rows: dict[str, Rows] = {c: Rows(models) for c, models in (indexes or {}).items()}
        self.locks: dict[tuple[str, Any], Pending] = {}
        self.sequence = 0
        self.minority: list[list[Change]] = []
        """Committed by the primary alone, oldest first; a failover takes them back."""
        self.listeners: list[Callable[[list[Change]], None]] = []
        self.undone: list[Callable[[list[Change]], None]] = []
        """Hear of changes that a failover has taken back."""

    def collection(self, name: str) -> Rows:
        """Return the collection, made where it is new."""
        if name not in self.rows:
            self.rows[name] = Rows()
        return self.rows[name]

    def apply(self, writes: Mapping[tuple[str, Any], Document | None], *, majority: bool = True) -> None:
        """Make the writes visible to readers of the primary; `majority` says whether a failover keeps them."""
        self.sequence += 1
        changes = []
        for (name, row_id), after in writes.items():
            rows = self.collection(name)
            changes.append(Change(name, row_id, rows.by_id.get(row_id), after))
            rows.put(row_id, after)
            rows.changed_at[row_id] = self.sequence
        if self.minority or not majority:
            self.minority.append(changes)
        for listener in self.listeners:
            listener(changes)

    def reach_majority(self) -> None:
        """Make everything that is committed durable."""
        self.minority.clear()

    def fail_over(self) -> None:
        """Take back the writes that only the old primary had, and end every open transaction."""
        for changes in reversed(self.minority):
            for change in reversed(changes):
                self.collection(change.collection).put(change.id, change.before)
                self.collection(change.collection).changed_at[change.id] = self.sequence
            for listener in self.undone:
                listener(changes)
        self.minority.clear()
        for pending in list({id(holder): holder for holder in self.locks.values()}.values()):
            self.end(pending)

    def majority_view(self, name: str) -> dict[Any, Document]:
        """Return the documents of a collection as a majority has them."""
        if self.dirty_reads:
            return self.visible(name)
        if not self.minority:
            return self.collection(name).by_id
        view = dict(self.collection(name).by_id)
        for changes in reversed(self.minority):
            for change in changes:
                if change.collection == name:
                    if change.before is None:
                        view.pop(change.id, None)
                    else:
                        view[change.id] = change.before
        return view

    def end(self, pending: Pending) -> None:
        """Release the locks of a transaction; its writes are forgotten unless they were applied."""
        pending.open = False
        for key in pending.writes:
            if self.locks.get(key) is pending:
                del self.locks[key]

    # ---- writes --------------------------------------------------------------------------------------------

    def write(self, pending: Pending | None, name: str, row_id: Any, after: Document | None) -> None:
        """Write one document within the transaction, or at once. Raises OperationFailure after another's write."""
        key = (name, row_id)
        holder = self.locks.get(key)
        rows = self.collection(name)
        late = pending is not None and rows.changed_at.get(row_id, 0) > pending.snapshot
        if (holder is not None and holder is not pending) or late:
            raise write_conflict()
        if after is not None:
            self._check_unique(pending, rows, name, row_id, after)
        if pending is None:
            self.apply({key: after})
            return
        pending.writes[key] = after
        self.locks[key] = pending

    def _check_unique(self, pending: Pending | None, rows: Rows, name: str, row_id: Any, after: Document) -> None:
        for index in rows.unique:
            values = set(values_of(after, index))
            for value in values:
                owner = rows.keys[index].get(value, row_id)
                gone = pending is not None and pending.writes.get((name, owner), after) is None
                if owner != row_id and not gone:
                    raise DuplicateKeyError(f"E11000 duplicate key: {name}.{index}", DUPLICATE_KEY, {})
            for (other, other_id), holder in self.locks.items():
                if other == name and other_id != row_id and holder.writes.get((other, other_id)):
                    taken = values_of(holder.writes[other, other_id] or {}, index)
                    if not values.isdisjoint(taken):
                        if holder is pending:
                            raise DuplicateKeyError(f"E11000 duplicate key: {name}.{index}", DUPLICATE_KEY, {})
                        raise OperationFailure(
                            "WriteConflict", WRITE_CONFLICT, {"errorLabels": ["TransientTransactionError"]}
                        )

    def read(self, pending: Pending | None, name: str, row_id: Any) -> Document | None:
        """Return one document as the transaction sees it."""
        if pending is not None and (name, row_id) in pending.writes:
            return pending.writes[name, row_id]
        return self.collection(name).by_id.get(row_id)

    def visible(self, name: str) -> dict[Any, Document]:
        """Return the documents that a reader of the primary sees."""
        found = self.collection(name).by_id
        if self.dirty_reads and self.locks:
            found = dict(found)
            for (other, row_id), holder in self.locks.items():
                after = holder.writes.get((other, row_id))
                if other == name and after is not None:
                    found[row_id] = after
        return found
