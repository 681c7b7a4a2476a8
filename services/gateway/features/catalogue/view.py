"""The entries that the city has added or changed; the shipped ones need no view."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, put_newest
from shared.contracts.catalogue.entries import Entry
from shared.contracts.stations.catalogue import EntryAdded, EntryExtended, EntryRetired, EntrySnapshot
from shared.engine import Get, Incoming, Load, UnitOfWork


class EntryView(View):
    """An entry of the catalogue; its id is `<kind>:<code>`."""

    collection: ClassVar[str] = "catalogue"
    entry: Entry


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {EntryView.collection: []}


def load_entry(data: EntrySnapshot) -> Sequence[Load]:
    """Return the load of the entry's view."""
    return [Get(EntryView, _id(data.entry))]


def show_entry(work: UnitOfWork, message: Incoming[EntrySnapshot]) -> None:
    """Show the entry as it is after the change."""
    data = message.data
    put_newest(work, EntryView(id=_id(data.entry), seen=data.version, entry=data.entry))


def _id(entry: Entry) -> str:
    return f"{entry.kind}:{entry.code}"


_SHOWN: Final = Projection(load_entry, show_entry)
PROJECTIONS: Final[ProjectionTable] = {EntryAdded: _SHOWN, EntryExtended: _SHOWN, EntryRetired: _SHOWN}
