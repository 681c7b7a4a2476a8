"""Donors as lists show them: nothing about the person."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, put_newest
from shared.contracts.charity.donors import DonorRegistered
from shared.engine import Get, Incoming, Load, UnitOfWork


class DonorView(View):
    """A donor. The name and the phone are charity's alone."""

    collection: ClassVar[str] = "donors"
    area: str
    registered_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {DonorView.collection: [index_by("area")]}


def load_donor(data: DonorRegistered) -> Sequence[Load]:
    """Return the load of the donor's view."""
    return [Get(DonorView, data.donor_id)]


def show_donor(work: UnitOfWork, message: Incoming[DonorRegistered]) -> None:
    """Show the donor who was registered."""
    data = message.data
    view = DonorView(id=data.donor_id, seen=message.version, area=data.area, registered_at=instant(message))
    put_newest(work, view)


PROJECTIONS: Final[ProjectionTable] = {DonorRegistered: Projection(load_donor, show_donor)}
