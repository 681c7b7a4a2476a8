"""The question to the owner of the catalogue: asked before a service refuses a label that its view does not have.

An entry that was just added may be in a command before its event has arrived here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, Self

from pymongo.database import Database

from shared.catalogue.entities import CATALOGUE_ID, CatalogueState
from shared.catalogue.reading import AllEntries, catalogue_of, must_load_entries
from shared.contracts.catalogue.entries import Entry, Kind
from shared.contracts.catalogue.matching import Catalogue
from shared.contracts.refusals import Refused
from shared.engine import Entity, Get, Query, UnitOfWork
from shared.engine.decide.handlers import Loading
from shared.engine.decide.schema import Document

Labelled = tuple[Kind, str]
"""A label with its kind."""


class Owner(Protocol):
    """The service that owns the catalogue, as others ask it."""

    def find_entries(self, labels: Sequence[Labelled]) -> Sequence[Entry] | None:
        """Return the entries that the labels name, in no order; None where the owner does not answer in time."""


class NoOwner:
    """Knows nothing more: for processes that serve no callers, and for tests."""

    def find_entries(self, labels: Sequence[Labelled]) -> Sequence[Entry] | None:  # noqa: ARG002 - there is no one to ask
        """Return no entry."""
        return ()


class OwnerReply(Entity):
    """The owner's answer about one label; never stored. `away` where it did not answer."""

    collection: ClassVar[str] = ""

    entry: Entry | None = None
    away: bool = False


@dataclass(frozen=True)
class AskOwner(Query[OwnerReply]):
    """Ask the owner about a label. All labels of a batch are one question."""

    kind: Kind
    label: str
    owner: Owner = field(compare=False)
    model = OwnerReply
    limit: ClassVar[int] = 1

    @classmethod
    def fetch(cls, database: Database[Document], queries: Sequence[Self]) -> list[list[Document]]:  # noqa: ARG003 - asks no store
        """Return the owner's reply to each query."""
        entries = queries[0].owner.find_entries([(query.kind, query.label) for query in queries])
        if entries is None:
            return [[{"_id": query.reply_id, "away": True}] for query in queries]
        found = Catalogue.of(entries)
        known = ((query.reply_id, found.find(query.kind, query.label)) for query in queries)
        return [[{"_id": reply_id, "entry": entry.model_dump()}] if entry else [] for reply_id, entry in known]

    @property
    def reply_id(self) -> str:
        """The id of the reply."""
        return f"{self.kind}:{self.label}"

    def matches(self, entity: OwnerReply) -> bool:
        """Return whether it is the reply to this question."""
        return entity.id == self.reply_id


def load_words(labels: Sequence[Labelled], owner: Owner) -> Loading:
    """Load the catalogue, and the owner's replies about labels that it does not have."""
    work = yield [Get(CatalogueState, CATALOGUE_ID)]
    if must_load_entries(work):
        work = yield [AllEntries()]
    if unknown := _unknown(work, labels):
        yield [AskOwner(kind, label, owner) for kind, label in unknown]


def catalogue_with(work: UnitOfWork, labels: Sequence[Labelled], owner: Owner) -> Catalogue:
    """Return the catalogue with the owner's entries for labels that it did not have.

    Raises Refused("unavailable") where such a label is asked about and the owner does not answer: nobody can say then
    whether the label is known.
    """
    unknown = _unknown(work, labels)
    if not unknown:
        return catalogue_of(work)
    replies = _replies(work, unknown, owner)
    if any(reply.away for reply in replies):
        raise Refused("unavailable", "catalogue_owner_away")
    entries = [reply.entry for reply in replies if reply.entry is not None]
    return catalogue_of(work).with_entries(entries) if entries else catalogue_of(work)


def _replies(work: UnitOfWork, labels: Sequence[Labelled], owner: Owner) -> list[OwnerReply]:
    return [reply for kind, label in labels for reply in work.find(AskOwner(kind, label, owner))]


def _unknown(work: UnitOfWork, labels: Sequence[Labelled]) -> list[Labelled]:
    catalogue = catalogue_of(work)
    return [(kind, label) for kind, label in dict.fromkeys(labels) if catalogue.find(kind, label) is None]
