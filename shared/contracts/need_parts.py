"""The parts of a need's request, in the words that all services share."""

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from shared.contracts.areas import AreaCode
from shared.contracts.catalogue.resolution import MOST_BASE_UNITS
from shared.contracts.messages import OPEN, Code, Id, Instant, Message
from shared.contracts.overdue_levels import OverdueLevel
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import broken_rule

T = TypeVar("T")
OrAbsent = Annotated[T | None, Field(exclude_if=lambda value: value is None)]
"""A field whose key is absent from the JSON where it has no value."""
Urgency = Literal["low", "normal", "high", "urgent"]
Quantity = Annotated[int, Field(strict=True, ge=1, le=1_000_000_000)]
MOST_FEN = 10**13
"""The largest gift of money, 100,000 million yuan; 900 of them still fit into an account of the ledger."""
GivenFen = Annotated[int, Field(strict=True, ge=1, le=MOST_FEN)]


class Place(Message):
    """A point, WGS 84 degrees."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)


class Line(Message):
    """One thing a need asks for. `requested` counts goods and services in the item's base unit, money in fen.

    `item` and the units are codes of the catalogue; `quantity` and `unit` repeat the request as it was made. Of a
    line that is not `divisible` a part is of no use; of any other, less than `min_useful` is, counted as `requested`.
    """

    id: str
    kind: Annotated[Literal["goods", "money", "service"], OPEN]
    item: Code | None = None
    unit: Code | None = None
    quantity: int | None = None
    base_unit: Code | None = None
    requested: int = Field(ge=1)
    divisible: bool = True
    min_useful: int = Field(default=1, ge=1)

    @property
    def commodity(self) -> str:
        """The line's commodity in the ledger: `CNY`, `goods:rice`, `service:counselling`."""
        # Also of a kind that a newer release has added: no supply of today can be mistaken for it.
        return "CNY" if self.kind == "money" else f"{self.kind}:{self.item}"


class VolunteerRequest(Message):
    """The volunteers that a need asks for, at most one request a need: number, skills, languages, slot."""

    headcount: int = Field(strict=True, ge=1, le=1000)
    skills: tuple[Code, ...] = Field(default=(), max_length=10)
    languages: tuple[Code, ...] = Field(default=(), max_length=10)
    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "VolunteerRequest":
        if self.ends_at <= self.starts_at:
            raise broken_rule("end_not_after_start", field="ends_at", start="starts_at")
        return self


SupplyRing = Literal["station", "community", "street", "district", "city", "campaign"]
"""The smallest of these areas that holds both the need and the supply; a campaign is the last."""


class Tried(Message):
    """One ring that was searched, its yield, and the reasons for it (L6)."""

    ring: Annotated[SupplyRing, OPEN]
    gave: int = Field(default=0, ge=0)
    reasons: tuple[Reason, ...] = Field(min_length=1, max_length=8)
    line_id: str | None = None


class Waiting(Message):
    """The missing thing, the reason why it is not there yet, and the next step (L1)."""

    for_what: Reason
    reason: Reason
    next_step: Reason


class Overdue(Message):
    """The next step of a need that was due at `was_due`, and whose turn it is, until when.

    `step` is the next step. The station is reminded first, then its street centre, then the district;
    `area` is the one that has to act now. At `next_at` the next level is reminded, the district again.
    """

    level: Annotated[OverdueLevel, OPEN]
    area: AreaCode
    step: Reason
    was_due: Instant
    next_at: Instant

    def explain(self) -> Waiting:
        """Return the wait for the step, with the reason why somebody else is asked now."""
        late = reason(
            "step_overdue",
            since=_to_text(self.was_due),
            level=self.level,
            area=self.area,
            until=_to_text(self.next_at),
        )
        return Waiting(for_what=reason("for_next_step"), reason=late, next_step=self.step)


def _to_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="minutes").replace("+00:00", "Z")


class Amount(Message):
    """The committed and the fulfilled amount of a line, in base units or fen."""

    line_id: str
    committed: int = Field(ge=0)
    fulfilled: int = Field(ge=0)


class LineDelivered(Message):
    """The delivered amount of a line, in the item's base unit or in fen: 0 up to the committed amount."""

    line_id: Id
    amount: int = Field(strict=True, ge=0, le=MOST_BASE_UNITS)
