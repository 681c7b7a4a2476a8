"""Donors as lists show them: nothing about the person."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, instant, put_newest
from shared.contracts.charity.donors import DonorRegistered
from shared.engine import Get, Incoming, Load, UnitOfWork


class DonorView(View):
    """A donor. The name and the phone are charity's alone."""

    collection: ClassVar[str] = "donors"
    registered_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {DonorView.collection: []}


def load_donor(data: DonorRegistered) -> Sequence[Load]:
    """Return the load of the donor's view."""
    return [Get(DonorView, data.donor_id)]


def show_donor(work: UnitOfWork, message: Incoming[DonorRegistered]) -> None:
    """Show the donor who was registered."""
    put_newest(work, DonorView(id=message.data.donor_id, seen=message.version, registered_at=instant(message)))


PROJECTIONS: Final[ProjectionTable] = {DonorRegistered: Projection(load_donor, show_donor)}
