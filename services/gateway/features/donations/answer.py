"""Answers about donations."""

from typing import Annotated

from pydantic import Field

from services.gateway.features.donations.view import DonationView
from services.gateway.http.answers import Answer, Created, InstantText
from shared.contracts.charity.donations import CorrectionReason
from shared.contracts.messages import OPEN


class Gift(Answer):
    """Goods as they were given and in base units, or a service in its base unit."""

    item: str
    quantity: int
    unit: str | None = None
    base_unit: str | None = None
    base_quantity: int | None = None


class DonationAnswer(Created):
    """A donation."""

    area: str
    station_id: str | None
    fund_id: str | None
    donor_id: str | None
    goods: list[Gift]
    services: list[Gift]
    amount_fen: int
    received_at: InstantText
    anonymous: bool = Field(description="The donor is known to charity's own officers alone, and `donor_id` null.")
    corrected_for: Annotated[CorrectionReason, OPEN] | None = Field(description="Why it was stated again, if it was.")


class GiverAnswer(Answer):
    """The donor of a donation, by reference."""

    donation_id: str
    donor_id: str | None
    anonymous: bool


def donation_from_view(view: DonationView) -> DonationAnswer:
    """Return the donation as its view shows it."""
    # Read leniently: during an upgrade the projector may already store more of a gift than this release knows.
    return DonationAnswer.model_validate(
        {
            "id": view.id,
            "version": view.seen,
            "area": view.area,
            "station_id": view.station_id,
            "fund_id": view.fund_id,
            "donor_id": view.donor_id,
            "goods": view.goods,
            "services": view.services,
            "amount_fen": view.amount_fen,
            "received_at": view.received_at,
            "anonymous": view.anonymous,
            "corrected_for": view.corrected_for,
        },
        extra="ignore",
    )
