"""Donors as lists show them: nothing about the person."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, newest
from shared.contracts.charity.donors import DonorRegistered
from shared.engine import Incoming


class DonorView(View):
    """A donor. The name and the phone are charity's alone."""

    collection: ClassVar[str] = "donors"
    area: str
    registered_at: str


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {DonorView.collection: [index_by("area")]}


def show_donor(message: Incoming[DonorRegistered]) -> Sequence[DonorView]:
    """Return the view of the donor who was registered."""
    data = message.data
    return [DonorView(id=data.donor_id, seen=message.version, area=data.area, registered_at=instant(message))]


PROJECTIONS: Final[ProjectionTable] = {DonorRegistered: Projection(newest(show_donor))}
