"""The body of a donation: callers may name the donor in two ways, the command `Donate` knows one."""

from typing import Annotated

from pydantic import ConfigDict, Discriminator, Field, Tag

from services.gateway.http.bodies import is_object
from services.gateway.http.problems import Problem
from shared.contracts.charity.donations import CorrectionReason, Donate, GivenGoods, GivenService
from shared.contracts.charity.donors import DonorDetails
from shared.contracts.messages import ExternalId, Id, Message, PersonName
from shared.contracts.need_parts import MOST_FEN, GivenFen

# The tags stand in the paths of errors, where `problems` takes them out again.
DonorIn = Annotated[
    Annotated[PersonName, Tag("name only")] | Annotated[DonorDetails, Tag("name and details")],
    Discriminator(lambda value: "name and details" if is_object(value) else "name only"),
]


class DonationIn(Message):
    """Goods or sessions to a station's stock, or money to a fund."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "station_id": "station_00k3v9x2a4b5c6d7e8f9",
                    "donor": {"name": "Lin Example"},
                    "goods": [{"item": "quilt", "quantity": 40, "unit": "piece"}],
                },
                {"fund_id": "fund_00k3v9x2a4b5c6d7e8f9", "amount_fen": 500000},
            ]
        }
    )

    station_id: Id | None = None
    fund_id: Id | None = None
    donor_id: Id | None = None
    donor: DonorIn | None = None
    goods: tuple[GivenGoods, ...] = Field(default=(), max_length=50)
    services: tuple[GivenService, ...] = Field(default=(), max_length=50)
    amount_fen: GivenFen | None = None
    anonymous: bool = False
    external_id: ExternalId | None = None

    def check(self) -> None:
        """Raise Problem (422) unless there is one receiver, a gift that fits it, and at most one donor.

        The donor of an anonymous gift is registered before.

        The command has the same rules; here the field to change is named.
        """
        if (self.station_id is None) == (self.fund_id is None):
            raise Problem(422, "invalid", "one_receiver", field="station_id")
        if self.fund_id is not None and (self.amount_fen is None or self.goods or self.services):
            raise Problem(422, "invalid", "fund_receives_money", field="amount_fen")
        if self.station_id is not None and (self.amount_fen is not None or not (self.goods or self.services)):
            raise Problem(422, "invalid", "station_receives_goods", field="goods")
        if self.donor_id is not None and self.donor is not None:
            raise Problem(422, "invalid", "one_donor", field="donor")
        if self.anonymous and self.donor is not None:
            raise Problem(422, "invalid", "anonymous_donor_registered", field="donor")

    def command(self, area: str) -> Donate:
        """Return the command to charity; `area` is the receiver's: of a station charity does not know it."""
        donor = self.donor
        if isinstance(donor, str):
            donor = DonorDetails(name=donor)
        return Donate(
            station_id=self.station_id,
            station_area=area if self.station_id is not None else None,
            fund_id=self.fund_id,
            donor_id=self.donor_id,
            donor=donor,
            goods=self.goods,
            services=self.services,
            amount_fen=self.amount_fen,
            anonymous=self.anonymous,
            external_id=self.external_id,
        )


class CorrectionIn(Message):
    """The whole gift, corrected: an item not named was not given. Money of a fund's gift, goods of a station's."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"amount_fen": 1600000, "reason_code": "typed_wrong"}]})

    goods: tuple[GivenGoods, ...] = Field(default=(), max_length=50)
    services: tuple[GivenService, ...] = Field(default=(), max_length=50)
    amount_fen: int | None = Field(default=None, strict=True, ge=0, le=MOST_FEN)
    reason_code: CorrectionReason
