"""The entries that the city has added or changed; the shipped ones need no view."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, newest
from shared.contracts.catalogue.entries import Entry
from shared.contracts.stations.catalogue import EntryAdded, EntryExtended, EntryRetired, EntrySnapshot
from shared.engine import Incoming
from shared.engine.decide.schema import Document


class EntryView(View):
    """An entry of the catalogue; its id is `<kind>:<code>`."""

    collection: ClassVar[str] = "catalogue"
    entry: Entry

    def stored_fields(self, only: AbstractSet[str] | None) -> Document:
        """Return all fields or `only` these, the entry as a document."""
        return super(View, self).stored_fields(only)


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {EntryView.collection: []}


def show_entry(message: Incoming[EntrySnapshot]) -> Sequence[EntryView]:
    """Return the entry as it is after the change."""
    data = message.data
    return [EntryView(id=_id(data.entry), seen=data.version, entry=data.entry)]


def _id(entry: Entry) -> str:
    return f"{entry.kind}:{entry.code}"


_SHOWN: Final = Projection(newest(show_entry))
PROJECTIONS: Final[ProjectionTable] = {EntryAdded: _SHOWN, EntryExtended: _SHOWN, EntryRetired: _SHOWN}
