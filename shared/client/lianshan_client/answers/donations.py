"""Answers of donations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class DonationAnswer(TypedDict):
    """A donation."""

    id: str
    external_id: NotRequired[str | None]
    version: int
    area: str
    station_id: str | None
    fund_id: str | None
    donor_id: str | None
    goods: list[Gift]
    services: list[Gift]
    amount_fen: int
    received_at: str
    anonymous: bool
    corrected_for: CorrectionReason | str | None


class DonationPage(TypedDict):
    """A page of a list, newest first."""

    items: list[DonationAnswer]
    next: str | None


class Gift(TypedDict):
    """Goods as they were given and in base units, or a service in its base unit."""

    item: str
    quantity: int
    unit: NotRequired[str | None]
    base_unit: NotRequired[str | None]
    base_quantity: NotRequired[int | None]


class GiverAnswer(TypedDict):
    """The donor of a donation, by reference."""

    donation_id: str
    donor_id: str | None
    anonymous: bool


CorrectionReason = Literal["typed_wrong", "counted_again", "not_received"] | str
