"""A station has closed without a successor: its stock serves the whole city, and nobody is reminded there any more.

The stock stays in its accounts, whose reserve and bounds nobody at the station could take back. Payments and shortfalls
stay where they are: the street centre, in whose area they are, is reminded first.
"""

from datetime import timedelta
from typing import Final

from services.charity.linking.guard import get_guard, guard_loads
from services.charity.linking.storage import place_in
from services.charity.linking.waiting_list import serve_waiting_list, waiting_loads
from services.charity.payments.storing import PAYMENTS
from services.charity.stock.domain import Supply, describe_supply, freed
from services.charity.stock.succession import ClosedStation, ClosedStationDue, closed_key
from services.charity.succession.storage import PaymentsOf, StockOf
from shared.contracts.charity.payments import PaymentOverdue
from shared.contracts.charity.stock import StockShared
from shared.contracts.overdue_levels import LEVELS
from shared.contracts.stations.network import StationClosed
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork
from shared.engine.reminders import AT_ONCE

PARTS: Final = ("stock", "payments")
"""The parts in the order in which they are seen to."""
AGAIN_AFTER: Final = timedelta(minutes=10)
"""From the end of the first pass to the second: longer than any gift is under way."""


def follow_closing(message: Incoming[StationClosed]) -> Handling:
    """Keep that the station has closed, and begin to see to its things. A repetition changes nothing."""
    station = message.data
    yield [Get(ClosedStation, station.id)]
    work = yield TURN
    if work.get(ClosedStation, station.id) is None:
        work.put(ClosedStation(id=station.id, area=station.area))
        work.remind(closed_key(station.id), work.now + AT_ONCE, ClosedStationDue(station_id=station.id))


def see_to_closed(message: Incoming[ClosedStationDue]) -> Handling:
    """See to the next things of a closed station; a timer goes on until none is left, and looks once more."""
    step = message.data
    if step.part == "payments":
        payments = PaymentsOf(step.station_id, step.after)
        yield [payments]
        work = yield TURN
        _go_on(work, step, _pass_on(work, payments))
        return
    stock = StockOf(step.station_id, step.after)
    yield from _load_stock(stock)
    work = yield TURN
    found = work.find(stock)
    opened = [_open(work, supply) for supply in found if freed(supply, work.now) is not supply]
    if opened:
        yield from serve_waiting_list(work, opened)
    _go_on(work, step, found[-1].id if len(found) == stock.limit else None)


def _load_stock(search: StockOf) -> Loading:
    """Load the accounts of the search, and the needs that wait for them."""
    work = yield [search]
    places = dict.fromkeys((supply.commodity, supply.area) for supply in work.find(search))
    # The guards a round before supply and waiting list, see Guard.
    yield [load for commodity, area in places for load in guard_loads([commodity], area)]
    yield [*waiting_loads([place_in(*place) for place in places], work.now)]


def _open(work: UnitOfWork, supply: Supply) -> Supply:
    after = work.put(freed(supply, work.now))
    work.put(get_guard(work, after.commodity, after.area))
    work.emit(StockShared(stock=(describe_supply(after),)), about=after, area=after.area)
    return after


def _pass_on(work: UnitOfWork, search: PaymentsOf) -> str | None:
    """Remind the street centre of the payments of which the station was reminded last; return the last id where more
    may be left.
    """
    found = work.find(search)
    for payment in found:
        if payment.reminder is not None and payment.reminder.level == LEVELS[0][0]:
            PAYMENTS.pass_on(work, payment, PaymentOverdue)
    return found[-1].id if len(found) == search.limit else None


def _go_on(work: UnitOfWork, step: ClosedStationDue, last: str | None) -> None:
    """Set the timer of the next step: of this part, of the next one, or of the second pass."""
    at, changes = work.now + AT_ONCE, dict[str, object]()
    if last is None and step.part != PARTS[-1]:
        changes = {"part": PARTS[1]}
    elif last is None:
        if step.again:
            return
        at, changes = work.now + AGAIN_AFTER, {"part": PARTS[0], "again": True}
    due = step.model_copy(update={**changes, "after": last or ""})
    work.remind(closed_key(step.station_id), at, due)


HANDLERS: Final[HandlerTable] = {StationClosed: follow_closing, ClosedStationDue: see_to_closed}
