"""Shortfalls (缺口): amounts that the books owe, because their source was spent or promised already."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.messages import OPEN, EventData, Id, Instant, event
from shared.contracts.plain import Shape

ShortfallKind = Literal["delivery", "correction"]
"""A delivery beyond the reservations of the need; a gift that was corrected downwards after it was spent."""
ShortfallState = Literal["open", "closed"]


class ShortfallShape(Shape):
    """An amount that the books owe, in the commodity's unit or in fen; its owner is the station or the fund.

    It is made up automatically as supply becomes free. `missing` is the part still owed of `amount`, the largest that
    was owed.
    """

    kind: Annotated[ShortfallKind, OPEN]
    state: Annotated[ShortfallState, OPEN] = "open"
    need_id: Id | None = None
    donation_id: Id | None = None
    station_id: Id | None = None
    fund_id: Id | None = None
    commodity: str
    amount: int = Field(ge=0)
    missing: int = Field(ge=0)
    opened_at: Instant
    due: Instant = Field(description="The instant after which the shortfall is overdue.")


@event
class ShortfallOpened(ShortfallShape, EventData):
    """The books owe an amount."""

    type: ClassVar[str] = "charity.shortfall.opened"


@event
class ShortfallChanged(ShortfallShape, EventData):
    """A part of it was made up, or more of it is owed."""

    type: ClassVar[str] = "charity.shortfall.changed"


@event
class ShortfallClosed(ShortfallShape, EventData):
    """All of it was made up, or nothing is owed any more because the statement was taken back."""

    type: ClassVar[str] = "charity.shortfall.closed"
