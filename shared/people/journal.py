"""The journal of erasures (删除日志): one entry for each erasure, chained by hash to the entry before it. Pure.

A backup from before an erasure still holds the person. The journal stands outside the backups, and a restore replays
it: its entries name persons by opaque references alone.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json

from shared.contracts.messages import Id
from shared.contracts.persons import PersonReference

FIRST: Final = "0" * 64
"""Stands in the first entry for the hash of the entry before it."""


COPY: Final = "journal"
"""The collection of the copies in the database of the journal."""


def journal_database(prefix: str) -> str:
    """Return the name of the database with the copy of the journal; no service owns it, and no backup holds it."""
    return f"{prefix}erasures"


class ContradictionError(ValueError):
    """Two journals, or a journal and a backup, do not belong to one history."""


class JournalEntry(BaseModel):
    """One erasure. `number` counts from 1, `at` is ISO 8601 in UTC, `before` is the hash of the entry before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int
    erasure_id: Id
    people: tuple[PersonReference, ...]
    ground: str
    area: str
    reach: str
    at: str
    before: str
    hash: str = ""

    def sealed(self) -> "JournalEntry":
        """Return the entry with the hash of all its other fields."""
        fields = self.model_dump(mode="json", exclude={"hash"})
        return self.model_copy(update={"hash": sha256(to_json(fields)).hexdigest()})


class Head(BaseModel):
    """The end of a journal: the number and the hash of its last entry, 0 and FIRST of an empty one."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int = 0
    hash: str = FIRST


def head_of(entries: Sequence[JournalEntry]) -> Head:
    """Return the head of a journal."""
    return Head(number=entries[-1].number, hash=entries[-1].hash) if entries else Head()


def check_chain(entries: Sequence[JournalEntry]) -> None:
    """Raise ContradictionError naming the first entry that was changed, or does not follow the one before it."""
    before = Head()
    for entry in entries:
        if (entry.number, entry.before) != (before.number + 1, before.hash):
            raise ContradictionError(f"entry {entry.number} does not follow entry {before.number}")
        if entry.sealed().hash != entry.hash:
            raise ContradictionError(f"entry {entry.number} has been changed")
        before = Head(number=entry.number, hash=entry.hash)


def contains(entries: Sequence[JournalEntry], head: Head) -> bool:
    """Return whether the journal goes through that head. The chain was checked, so one hash stands for all before."""
    if head.number == 0:
        return True
    return len(entries) >= head.number and entries[head.number - 1].hash == head.hash


def join(one: Sequence[JournalEntry], other: Sequence[JournalEntry]) -> Sequence[JournalEntry]:
    """Return the longer of two journals of which it continues the other. Raises ContradictionError where neither does.

    The chains were checked.
    """
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    if not contains(longer, head_of(shorter)):
        raise ContradictionError(f"they part at or before entry {len(shorter)}")
    return longer
