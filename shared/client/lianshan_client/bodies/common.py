"""Bodies of common: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import PersonKind, Place

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class EmptyBody(TypedDict):
    """The body of an action that needs no words; it may be left out."""


class GoodsAsked(TypedDict):
    """Goods, counted in a unit of the item."""

    divisible: NotRequired[bool]
    min_useful: NotRequired[int | None]
    kind: Literal["goods"]
    item: str
    quantity: int
    unit: str


class GuardianDetails(TypedDict):
    """Name and telephone of the guardian (监护人). Personal data: sealed with the person's key."""

    name: str
    phone: str


class LookUpIn(TypedDict):
    """A telephone, or an identity number, or name and year of birth; and the reason."""

    phone: NotRequired[str | None]
    identity_number: NotRequired[str | None]
    name: NotRequired[str | None]
    birth_year: NotRequired[int | None]
    why: str


class MoneyAsked(TypedDict):
    """Money in fen for a purpose; the purpose may speak of a person and stays with the station."""

    divisible: NotRequired[bool]
    min_useful: NotRequired[int | None]
    kind: Literal["money"]
    amount_fen: int
    purpose: NotRequired[str]


class PersonDetails(TypedDict):
    """The known particulars of somebody who may be registered already."""

    name: str
    phone: NotRequired[str | None]
    identity_number: NotRequired[str | None]
    birth_year: NotRequired[int | None]
    location: NotRequired[Place | None]


class PersonReference(TypedDict):
    """A person as one service knows them."""

    kind: PersonKind
    id: str


class ServiceAsked(TypedDict):
    """A professional service (counselling, legal aid, a lecture), in its base unit: sessions or hours."""

    divisible: NotRequired[bool]
    min_useful: NotRequired[int | None]
    kind: Literal["service"]
    item: str
    quantity: int


Role = Literal[
    "reader",
    "personal_reader",
    "platform",
    "station_worker",
    "supervisor",
    "charity_officer",
    "committee_member",
    "volunteer_coordinator",
    "volunteer",
    "integrator",
    "operator",
    "auditor",
    "administrator",
    "agency",
]


SupplyForm = Literal["goods", "service"]
