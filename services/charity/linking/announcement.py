"""The events about each step of a link."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

from pydantic_core import to_json

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.snapshot import SnapshotT, build_snapshot
from services.charity.stock.domain import Supply, describe_supply
from shared.contracts import Timer
from shared.contracts.charity.stock import MAX_MOVED, StockMoved, StockView
from shared.contracts.messages import Id
from shared.engine import UnitOfWork

LINK_BYTES: Final = 60 * 1024
"""Bytes of a link's event: 4 KiB less than an event may have, for its envelope."""
FEW: Final = 10
"""So many accounts fit beside the largest link, so that they need not be counted in bytes."""


class OfferOn(Timer):
    """Give back the parts that a need cannot use by themselves: it is due too soon for the missing ones to come."""

    type: ClassVar[str] = "charity.offer_on"

    need_id: Id


ChangedSupply = dict[str, Supply]
"""The supply accounts that a step changed, as they stand after it, by id."""


def announce_link(work: UnitOfWork, kind: type[SnapshotT], link: Link, changed: Mapping[str, Supply]) -> None:
    """Store the link and emit the event `kind` about it, with the supply accounts that the step changed.

    Accounts that do not fit into the event follow in events of their own. A part that the need cannot use by itself
    gets a deadline.
    """
    put = work.put(link)
    remind_to_offer_on(work, put)
    stock = tuple(describe_supply(supply) for supply in changed.values())
    fitting = stock if len(stock) <= FEW else stock[: _count_fitting(build_snapshot(kind, put, ()), stock)]
    work.emit(build_snapshot(kind, put, fitting), about=put, area=put.area)
    for start in range(len(fitting), len(stock), MAX_MOVED):
        moved = StockMoved(stock=stock[start : start + MAX_MOVED])
        work.emit(moved, about=put, area=put.area)


def remind_to_offer_on(work: UnitOfWork, link: Link) -> None:
    """Set the timer at which the need gives back the parts that it cannot use by themselves, where it holds any."""
    if link.idle_lines and link.offers_on_at is not None and not link.ended:
        work.remind(f"offer:{link.id}", link.offers_on_at, OfferOn(need_id=link.id))


def _count_fitting(snapshot: SnapshotT, stock: Sequence[StockView]) -> int:
    """Return how many of the accounts fit into the event of the link beside the snapshot."""
    left = LINK_BYTES - len(to_json(snapshot))
    for nth, account in enumerate(stock):
        left -= len(to_json(account)) + 1
        if left < 0:
            return nth
    return len(stock)
