"""The journal of erasures in the store of stations: written in the transaction of the request, and copied from here.

The copies outside the backups are made by `copying` and by `lianshan erasures export`.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.stations.erasures.domain import Erasure
from shared.contracts.messages import Timer
from shared.contracts.persons import PersonReference
from shared.engine import Document, Entity, Get, UnitOfWork
from shared.people.journal import FIRST, JournalEntry

HEAD: Final = "head"
DIGITS: Final = 10
"""Ids are numbers filled with zeros, so that they sort as the entries do."""


class JournalHead(Entity):
    """The end of the journal. One document, so that two erasures never follow the same entry."""

    collection: ClassVar[str] = "erasure_journal_heads"
    number: int = 0
    hash: str = FIRST


class JournalRow(Entity):
    """One entry, as JSON."""

    collection: ClassVar[str] = "erasure_journal"
    entry: Document


class ErasureReplayed(Timer):
    """A restore has found an erasure that the backup does not know: it is requested again, with its own id."""

    type: ClassVar[str] = "stations.erasure_replay_due"
    entry: JournalEntry


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {JournalHead.collection: [], JournalRow.collection: []}
HEAD_LOAD: Final = Get(JournalHead, HEAD)


def append_entry(work: UnitOfWork, erasure: Erasure) -> None:
    """Add the erasure to the journal. Needs HEAD_LOAD."""
    head = work.get(JournalHead, HEAD) or JournalHead(id=HEAD)
    entry = JournalEntry(
        number=head.number + 1,
        erasure_id=erasure.id,
        people=tuple(PersonReference.model_validate({"kind": one.kind, "id": one.id}) for one in erasure.people),
        ground=erasure.ground,
        area=erasure.area,
        reach=erasure.reach,
        at=erasure.requested_at.isoformat(),
        before=head.hash,
    ).sealed()
    work.put(JournalRow(id=f"{entry.number:0{DIGITS}d}", entry=entry.model_dump(mode="json")))
    work.put(head.model_copy(update={"number": entry.number, "hash": entry.hash}))
