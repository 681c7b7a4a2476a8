"""Bodies as DESIGN §6 posts them. What a command takes as it is, is the command itself; where callers write the same
thing in several ways, the model here accepts them and `fields` gives the command's one way.
"""

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Discriminator, Field, Tag

from services.gateway.domain.scopes import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.charity.donations import GivenGoods, GivenService
from shared.contracts.charity.donors import DonorDetails
from shared.contracts.messages import Id, Instant, Label, Message, Name, Text, Title
from shared.contracts.messages import Name as DonorName
from shared.contracts.need_parts import Place, Quantity, Urgency, VolunteerRequest
from shared.contracts.stations.needs import Beneficiaries, LineAsked

_URGENCIES: Final[dict[str, Urgency]] = {"medium": "normal", "critical": "urgent"}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict | Message)


BeneficiariesIn = Annotated[
    Annotated[Quantity, Tag("count only")] | Annotated[Beneficiaries, Tag("count and groups")],
    Discriminator(lambda value: "count and groups" if _is_object(value) else "count only"),
]
DonorIn = Annotated[
    Annotated[DonorName, Tag("name only")] | Annotated[DonorDetails, Tag("details")],
    Discriminator(lambda value: "details" if _is_object(value) else "name only"),
]
UrgencyIn = Annotated[
    str,
    Field(
        pattern=r"^(low|normal|medium|high|urgent|critical)$",
        description="`medium` is read as `normal`, `critical` as `urgent`.",
    ),
]


class NeedIn(Message):
    """A resident's need. It asks for at least one line or for volunteers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "station_id": "station_00k3v9x2a4b5c6d7e8f9",
                    "title": "Medication delivery to 69 homes",
                    "theme": "elderly care",
                    "urgency": "high",
                    "due": "2030-05-01T10:00:00Z",
                    "location": {"lon": 116.35, "lat": 39.93},
                    "beneficiaries": {"count": 69, "groups": ["80+", "living alone"]},
                    "lines": [
                        {"kind": "goods", "item": "medicine box", "quantity": 69, "unit": "box"},
                        {"kind": "money", "amount_fen": 20000, "purpose": "transport"},
                    ],
                    "volunteers": {
                        "headcount": 3,
                        "skills": ["first aid"],
                        "languages": [],
                        "starts_at": "2030-05-01T06:00:00Z",
                        "ends_at": "2030-05-01T09:00:00Z",
                    },
                    "publish": True,
                }
            ]
        }
    )

    station_id: Id
    title: Title
    theme: Label
    urgency: UrgencyIn
    severity: int = Field(default=3, ge=1, le=5)
    due: Instant
    location: Place
    beneficiaries: BeneficiariesIn
    lines: tuple[LineAsked, ...] = Field(default=(), max_length=20)
    volunteers: VolunteerRequest | None = None
    publish: bool = False

    def fields(self) -> dict[str, Any]:
        """As RegisterNeed takes it."""
        fields = self.model_dump(mode="json")
        fields["urgency"] = _URGENCIES.get(self.urgency, self.urgency)
        if isinstance(self.beneficiaries, int):
            fields["beneficiaries"] = {"count": self.beneficiaries, "groups": []}
        return fields


class NeedsIn(Message):
    """Several needs; each is checked and taken on its own (see NeedIn)."""

    needs: tuple[Any, ...] = Field(
        min_length=1, max_length=200, json_schema_extra={"items": {"$ref": "#/components/schemas/NeedIn"}}
    )


class DonationIn(Message):
    """Goods or sessions to a station's stock, or money to a fund."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "station_id": "station_00k3v9x2a4b5c6d7e8f9",
                    "donor": {"name": "Lin Example"},
                    "goods": [{"item": "rice", "quantity": 40, "unit": "bag"}],
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
    amount_fen: Quantity | None = None

    def fields(self, station_area: str | None) -> dict[str, Any]:
        """As Donate takes it."""
        fields = self.model_dump(mode="json")
        if isinstance(self.donor, str):
            fields["donor"] = {"name": self.donor}
        return {**fields, "station_area": station_area}


class NoWords(Message):
    """Nothing more to say."""


class CancelIn(Message):
    """Why; stays with the station."""

    reason: Text = ""


class ConfirmIn(Message):
    """A note; stays with the station."""

    note: Text = ""


class EvaluateIn(Message):
    """How it was, 1 to 5; the comment stays with the station."""

    rating: int = Field(ge=1, le=5)
    comment: Text = ""


class KeyIn(Message):
    """A key for somebody. Without an area it reaches everywhere."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "Zhanlan Road street centre", "permissions": ["read", "write"], "area": "110102009"}]
        }
    )

    name: Name
    permissions: tuple[Permission, ...] = Field(min_length=1, max_length=4)
    area: AreaCode | None = None
