"""The stock of a station that has ended: its free amounts go to the accounts of its successor, by balanced transfers.

Reserved amounts stay where they are until they are delivered or given back: their account is the successor's from now
on, and each part that becomes free follows.
"""

from collections.abc import Generator, Sequence
from typing import Final

from services.charity.linking.guard import get_guard, guard_loads
from services.charity.linking.storage import place_in
from services.charity.linking.waiting_list import serve_waiting_list, waiting_loads
from services.charity.stock.domain import Supply, describe_supply, new_stock, stock_id
from services.charity.stock.succession import Succession
from services.charity.succession.storage import StockOf
from shared.contracts.charity.stock import StockHandedOver
from shared.engine import Get, Load, Loading, UnitOfWork
from shared.ledger import Entry, transfer

SUCCESSION: Final = "succession"
"""The reason of the transfers from a station to its successor."""
Served = Generator[Sequence[Load], UnitOfWork, None]


def load_stock(search: StockOf, heir: Succession) -> Loading:
    """Load the accounts of the search, those of the successor, and the needs that wait for them."""
    work = yield [search]
    commodities = list(dict.fromkeys(supply.commodity for supply in work.find(search)))
    # The guards a round before supply and waiting list, see Guard.
    yield guard_loads(commodities, heir.area)
    places = [place_in(commodity, heir.area) for commodity in commodities]
    own = [Get(Supply, stock_id(heir.successor_id, commodity)) for commodity in commodities]
    yield [*own, *waiting_loads(places, work.now)]


def hand_over_stock(work: UnitOfWork, found: Sequence[Supply], station_id: str, heir: Succession) -> Served:
    """Hand over the accounts, and serve the needs that wait with them. Needs `load_stock`."""
    grown = [after for supply in found if (after := _hand_over(work, supply, station_id, heir)) is not None]
    for supply in grown:
        work.put(get_guard(work, supply.commodity, heir.area))
    if grown:
        yield from serve_waiting_list(work, grown)


def _hand_over(work: UnitOfWork, supply: Supply, station_id: str, heir: Succession) -> Supply | None:
    """Return the successor's account where anything came into it."""
    changed: list[Supply] = []
    grown = None
    if supply.available:
        known = work.get(Supply, stock_id(heir.successor_id, supply.commodity))
        entry = Entry(work.new_id("transfer"), work.now, SUCCESSION, station_id)
        moved = transfer(supply, known or _begin_stock(supply, heir), supply.available, entry)
        supply, grown = moved.debit, work.put(moved.credit)
        work.put(moved.transfer)
        changed.append(grown)
    elif not supply.balance or supply.holder == heir.successor_id:
        return None  # empty, or reserved and the successor's already
    if supply.balance:
        supply = supply.model_copy(update={"holder": heir.successor_id, "area": heir.area})
    changed.append(work.put(supply))
    views = tuple(describe_supply(each) for each in changed)
    work.emit(StockHandedOver(stock=views), about=changed[-1], area=heir.area)
    return grown


def _begin_stock(supply: Supply, heir: Succession) -> Supply:
    """Return the successor's new account: without one of its own, it shares the item as the station did."""
    fresh = new_stock(heir.successor_id, heir.area, supply.commodity)
    return fresh.model_copy(
        update={"sharing": supply.sharing, "reserve": supply.reserve, "shared_at": supply.shared_at}
    )
