"""The record of a shortfall: opened, changed and closed as the amount that is owed changes."""

from collections.abc import Sequence
from typing import Final

from services.charity.shortfalls.domain import TRY_EVERY, Shortfall, find_next_step, find_try, with_missing
from shared.contracts.charity.shortfalls import ShortfallChanged, ShortfallClosed, ShortfallOpened, ShortfallShape
from shared.engine import Get, Load, UnitOfWork
from shared.engine.plain import Plain

SHORTFALLS: Final = Plain(Shortfall, "shortfall", ShortfallShape, find_next_step, deadline=find_try)


def shortfall_loads(shortfalls: Sequence[Shortfall]) -> list[Load]:
    """Return the loads of these shortfalls as they are stored."""
    return [Get(Shortfall, shortfall.id) for shortfall in shortfalls]


def record_shortfall(work: UnitOfWork, owed: Shortfall) -> None:
    """Record the amount owed where it has changed. Needs `shortfall_loads`.

    `owed` is the shortfall as it would be opened now; nothing is stored of one that was never open.
    """
    before = work.get(Shortfall, owed.id)
    if before is None:
        if owed.missing:
            SHORTFALLS.store(work, None, owed, ShortfallOpened)
        return
    after = with_missing(before, owed.missing, work.now)
    if after.state == "closed":
        SHORTFALLS.store(work, before, after, ShortfallClosed)
    else:
        SHORTFALLS.store(work, before, after, ShortfallOpened if before.state == "closed" else ShortfallChanged)


def hand_over_shortfall(work: UnitOfWork, before: Shortfall, station_id: str, area: str) -> None:
    """Hand over an open shortfall to the successor of its station."""
    after = before.model_copy(update={"station_id": station_id, "area": area})
    SHORTFALLS.store(work, before, after, ShortfallChanged)


def try_again(work: UnitOfWork, shortfall: Shortfall) -> None:
    """Set the next try of a shortfall for which nothing is free, without an event: nothing has changed."""
    due = find_try(shortfall.model_copy(update={"try_at": work.now + TRY_EVERY}))
    if due is not None:
        work.remind(f"shortfall:{shortfall.id}", *due)
