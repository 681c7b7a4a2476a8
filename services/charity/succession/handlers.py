"""The events of a station that has moved or was merged, and the timer that hands over its things, step by step."""

from datetime import timedelta
from typing import Final

from services.charity.payments.storing import hand_over_payment
from services.charity.shortfalls.recording import hand_over_shortfall
from services.charity.stock.domain import Supply
from services.charity.stock.succession import (
    ClosedStation,
    ClosedStationDue,
    Succession,
    SuccessionDue,
    closed_key,
    load_successor,
    succession_key,
)
from services.charity.succession.stock import hand_over_stock, load_stock
from services.charity.succession.storage import PaymentsOf, ShortfallsOf, StockOf
from shared.contracts.stations.succession import StationMerged, StationMoved
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.reminders import AT_ONCE

PARTS: Final = ("stock", "payments", "shortfalls")
"""The parts in the order in which they are handed over."""
AGAIN_AFTER: Final = timedelta(minutes=10)
"""From the end of the first pass to the second: longer than any command is under way."""
LOOK_EVERY: Final = timedelta(hours=1)
"""Between two looks at stock that is still reserved."""


def follow_succession(message: Incoming[StationMoved | StationMerged]) -> Handling:
    """Keep the successor of a station, and begin to hand over its things. A repetition changes nothing."""
    station = message.data
    if station.successor_id is None or station.successor_area is None:
        return
    yield [Get(Succession, station.id)]
    work = yield TURN
    if work.get(Succession, station.id) is None:
        work.put(Succession(id=station.id, successor_id=station.successor_id, area=station.successor_area))
        work.remind(succession_key(station.id), work.now + AT_ONCE, SuccessionDue(station_id=station.id))


def hand_over(message: Incoming[SuccessionDue]) -> Handling:
    """Hand over the next things of a station that has ended; a timer goes on until none is left."""
    step = message.data
    heir = yield from load_successor(step.station_id)
    if heir is None:
        return
    if step.part in {"payments", "shortfalls"}:
        kind = PaymentsOf if step.part == "payments" else ShortfallsOf
        debts: PaymentsOf | ShortfallsOf = kind(step.station_id, step.after)
        yield [debts, Get(ClosedStation, heir.successor_id)]
        work = yield TURN
        _go_on(work, step, heir, _hand_over_debts(work, debts, heir))
        return
    search = StockOf(step.station_id, step.after)
    yield [Get(ClosedStation, heir.successor_id)]
    yield from load_stock(search, heir)
    work = yield TURN
    found = work.find(search)
    yield from hand_over_stock(work, found, step.station_id, heir)
    left = step.left or any(work.require(Supply, supply.id, "account_id").balance for supply in found)
    last = found[-1].id if len(found) == search.limit else None
    _go_on(work, step.model_copy(update={"part": "stock", "left": left}), heir, last)


def _hand_over_debts(work: UnitOfWork, search: PaymentsOf | ShortfallsOf, heir: Succession) -> str | None:
    """Hand over the payments or the shortfalls of the search; return the id of the last one, None where no more can
    follow.
    """
    ids: list[str] = []
    if isinstance(search, PaymentsOf):
        for payment in work.find(search):
            hand_over_payment(work, payment, heir.successor_id, heir.area)
            ids.append(payment.id)
    else:
        for shortfall in work.find(search):
            hand_over_shortfall(work, shortfall, heir.successor_id, heir.area)
            ids.append(shortfall.id)
    return ids[-1] if len(ids) == search.limit else None


def _go_on(work: UnitOfWork, step: SuccessionDue, heir: Succession, last: str | None) -> None:
    """Set the timer of the next step: of this part, of the next one, of the second pass, or of the next look."""
    at, changes = work.now + AT_ONCE, dict[str, object]()
    if last is None and step.part != PARTS[-1]:
        changes = {"part": PARTS[PARTS.index(step.part) + 1]}
    elif last is None:
        _follow_on(work, step, heir)
        if step.again and not step.left:
            return
        at = work.now + (LOOK_EVERY if step.again else AGAIN_AFTER)
        changes = {"part": PARTS[0], "again": True, "left": False}
    due = step.model_copy(update={**changes, "after": last or ""})
    work.remind(succession_key(step.station_id), at, due)


def _follow_on(work: UnitOfWork, step: SuccessionDue, heir: Succession) -> None:
    """Begin again with the successor where that has ended, too: a step may have handed over to it after its passes.

    Needs the `Get` of the last one's ClosedStation.
    """
    if work.get(ClosedStation, heir.successor_id) is not None:
        due = ClosedStationDue(station_id=heir.successor_id, again=True)
        work.remind(closed_key(heir.successor_id), work.now + AT_ONCE, due)
    direct = work.require(Succession, step.station_id, "station_id").successor_id
    if step.again and direct != heir.successor_id:
        work.remind(succession_key(direct), work.now + AT_ONCE, SuccessionDue(station_id=direct))


HANDLERS: Final[HandlerTable] = {
    StationMoved: follow_succession,
    StationMerged: follow_succession,
    SuccessionDue: hand_over,
}
