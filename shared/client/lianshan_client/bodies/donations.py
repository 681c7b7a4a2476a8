"""Bodies of donations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.donations import CorrectionReason

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class CorrectionIn(TypedDict):
    """The whole gift, corrected: an item not named was not given. Money of a fund's gift, goods of a station's."""

    goods: NotRequired[list[GivenGoods]]
    services: NotRequired[list[GivenService]]
    amount_fen: NotRequired[int | None]
    reason_code: CorrectionReason


class DonationIn(TypedDict):
    """Goods or sessions to a station's stock, or money to a fund."""

    station_id: NotRequired[str | None]
    fund_id: NotRequired[str | None]
    donor_id: NotRequired[str | None]
    donor: NotRequired[str | DonorDetails | None]
    goods: NotRequired[list[GivenGoods]]
    services: NotRequired[list[GivenService]]
    amount_fen: NotRequired[int | None]
    anonymous: NotRequired[bool]
    external_id: NotRequired[str | None]


class DonorDetails(TypedDict):
    """The personal data of a donor: stays with charity, encrypted. A body that donates has neither number nor year."""

    name: str
    phone: NotRequired[str | None]
    identity_number: NotRequired[str | None]
    birth_year: NotRequired[int | None]


class GivenGoods(TypedDict):
    """A number of units of an item of the catalogue."""

    item: str
    quantity: int
    unit: str


class GivenService(TypedDict):
    """Pledged sessions or hours of a professional service, in its base unit."""

    item: str
    quantity: int
