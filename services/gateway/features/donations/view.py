"""Donations as lists show them."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pymongo import IndexModel

from services.gateway.projection.feature import Projection, ProjectionTable
from services.gateway.projection.view import View, index_by, instant, newest
from shared.contracts.charity.donations import DonationCorrected, DonationReceived
from shared.engine import Incoming
from shared.engine.decide.schema import Document

_NOT_STORED: Final = {
    "donation_id",  # the id of the view
    "stock",  # the accounts have views of their own, see the feature `stock`
}


class DonationView(View):
    """A donation: `goods` and `services` as the event lists them, money in fen."""

    collection: ClassVar[str] = "donations"
    area: str
    station_id: str | None
    fund_id: str | None
    donor_id: str | None
    goods: list[Document]
    services: list[Document]
    amount_fen: int
    received_at: str
    corrected_for: str | None = None
    anonymous: bool = False


INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    DonationView.collection: [index_by("area"), index_by("station_id"), index_by("fund_id")]
}


def show_donation(message: Incoming[DonationReceived]) -> Sequence[DonationView]:
    """Return the view of the donation that was received."""
    data = message.data
    shown = DonationView(
        id=data.donation_id,
        seen=message.version,
        received_at=instant(message),
        **data.model_dump(mode="json", exclude=_NOT_STORED),
    )
    return [shown]


def show_correction(message: Incoming[DonationCorrected]) -> Sequence[DonationView]:
    """Return the view of the donation as it is stated now."""
    data = message.data
    shown = data.model_dump(mode="json", exclude={*_NOT_STORED, "corrected_by"})
    return [DonationView(id=data.donation_id, seen=message.version, **shown)]


PROJECTIONS: Final[ProjectionTable] = {
    DonationReceived: Projection(newest(show_donation)),
    DonationCorrected: Projection(newest(show_correction)),
}
