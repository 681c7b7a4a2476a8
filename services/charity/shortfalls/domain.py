"""A shortfall (缺口): an amount that the books owe, its owner, its deadline and its next try. Pure."""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from shared.contracts.charity.shortfalls import ShortfallKind, ShortfallShape
from shared.contracts.plain import NextStep
from shared.engine.plain import Aggregate
from shared.engine.reminders import Due

DUE_AFTER: Final = timedelta(days=7)
"""From the opening of a shortfall to its deadline: as long as a confirmation can be undone by default."""
TRY_EVERY: Final = timedelta(hours=1)
"""Between two looks at the supply that is free."""


class Shortfall(ShortfallShape, Aggregate):
    """A shortfall and its next try (UTC)."""

    collection: ClassVar[str] = "shortfalls"
    try_at: datetime


class DeliveryShort(Due):
    """Look whether supply is free for a delivery that the books lack."""

    type: ClassVar[str] = "charity.delivery_short"


class CorrectionShort(Due):
    """Look whether supply is free that a corrected gift still has to give back."""

    type: ClassVar[str] = "charity.correction_short"


def shortfall_id(cause_id: str, nth: int) -> str:
    """Return the id of the one shortfall of the `nth` line of a need, or amount of a gift."""
    return f"short.{cause_id}.{nth}"


def part_of(shortfall: Shortfall) -> int:
    """Return the number of the line or amount that has the shortfall."""
    return int(shortfall.id.rpartition(".")[2])


def owed_for(
    part: tuple[str, int], area: str, commodity: str, missing: int, now: datetime, *,
    kind: ShortfallKind, station_id: str | None, need_id: str | None = None,
    donation_id: str | None = None, fund_id: str | None = None,
) -> Shortfall:  # fmt: skip
    """Return the shortfall of a need's line or a gift's amount as it would be opened at `now` (UTC).

    `part` are the id of the need or gift and the number of the line or amount.
    """
    return Shortfall(
        id=shortfall_id(*part), version=0, area=area, kind=kind, need_id=need_id, donation_id=donation_id,
        station_id=station_id, fund_id=fund_id, commodity=commodity, amount=missing, missing=missing,
        opened_at=now, due=now + DUE_AFTER, try_at=now + TRY_EVERY,
    )  # fmt: skip


def with_missing(shortfall: Shortfall, missing: int, now: datetime) -> Shortfall:
    """Return the shortfall with `missing` owed from `now` (UTC) on, 0 or more; unchanged where that is owed already."""
    if missing == shortfall.missing:
        return shortfall
    if not missing:
        return shortfall.model_copy(update={"missing": 0, "state": "closed"})
    reopened = {"opened_at": now, "due": now + DUE_AFTER, "amount": missing} if shortfall.state == "closed" else {}
    amount = max(shortfall.amount, missing)
    try_at = now + TRY_EVERY
    return shortfall.model_copy(
        update={"missing": missing, "state": "open", "amount": amount, "try_at": try_at, **reopened}
    )


def find_next_step(shortfall: Shortfall) -> NextStep | None:
    """Return the next step of an open shortfall: supply of the commodity, or another statement."""
    if shortfall.state != "open":
        return None
    owed: dict[str, str | int] = {"missing": shortfall.missing, "commodity": shortfall.commodity}
    return NextStep(code="make_up_shortfall", args=owed, due=shortfall.due)


def find_try(shortfall: Shortfall) -> tuple[datetime, Due] | None:
    """Return the instant (UTC) of the next try with its timer; None once nothing is owed."""
    if shortfall.state != "open":
        return None
    kind = DeliveryShort if shortfall.kind == "delivery" else CorrectionShort
    return shortfall.try_at, kind(id=shortfall.id)
