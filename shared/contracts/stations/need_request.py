"""The request of a need as its caller writes it: goods, money, services, volunteers, beneficiaries."""

from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.messages import Id, Label, Message, Text
from shared.contracts.need_parts import Quantity, VolunteerRequest

MOST_RESIDENTS: Final = 100
"""Residents whom one need names; a need of a whole community counts its beneficiaries."""
ResidentIds = Annotated[
    tuple[Id, ...], Field(max_length=MOST_RESIDENTS, description="The residents whom the need is about, by id.")
]


class _PartAsked(Message):
    """The use of a part: of a line that is not `divisible` none; otherwise `min_useful` is the least that helps.

    `min_useful` is counted as the line's own quantity and is one of its smallest units where it is left out.
    """

    divisible: bool = True
    min_useful: Quantity | None = None


class GoodsAsked(_PartAsked):
    """Goods, counted in a unit of the item."""

    kind: Literal["goods"]
    item: Label
    quantity: Quantity
    unit: Label


class MoneyAsked(_PartAsked):
    """Money in fen for a purpose; the purpose may speak of a person and stays with the station."""

    kind: Literal["money"]
    amount_fen: Quantity
    purpose: Text = ""


class ServiceAsked(_PartAsked):
    """A professional service (counselling, legal aid, a lecture), in its base unit: sessions or hours."""

    kind: Literal["service"]
    item: Label
    quantity: Quantity


LineAsked = Annotated[GoodsAsked | MoneyAsked | ServiceAsked, Field(discriminator="kind")]


class Beneficiaries(Message):
    """How many people, and which groups make them vulnerable (for the triage score)."""

    count: Quantity
    groups: tuple[Label, ...] = Field(default=(), max_length=10)


class VolunteersAsked(VolunteerRequest):
    """The volunteers that a need asks for, with skills and languages as their caller writes them."""

    skills: tuple[Label, ...] = Field(default=(), max_length=10)
    languages: tuple[Label, ...] = Field(default=(), max_length=10)
