"""The corrections of gifts to a station that has ended: its successor has the stock by now."""

from collections.abc import Iterable
from typing import Final

from services.charity.stock.domain import Supply, describe_supply, stock_id
from services.charity.stock.succession import SuccessionDue, find_successor, load_successor, succession_key
from shared.contracts.charity.stock import StockHandedOver
from shared.engine import Get, Loading, UnitOfWork
from shared.engine.reminders import AT_ONCE
from shared.ledger import Entry, transfer

FETCHED: Final = "succession"
"""The reason of the transfers between a station and its successor."""


def load_heir_stock(station_id: str | None, commodities: Iterable[str]) -> Loading:
    """Load the successor's accounts of these commodities, where the station has one."""
    heir = yield from load_successor(station_id)
    if heir is not None:
        yield [Get(Supply, stock_id(heir.successor_id, commodity)) for commodity in commodities]


def fetch_back(work: UnitOfWork, supply: Supply, station_id: str | None, wanted: int, cause: str) -> Supply:
    """Return the account of the gift with the free part of `wanted` that its station's successor has. Needs
    `load_heir_stock`.
    """
    heir = find_successor(work, station_id)
    there = None if heir is None else work.get(Supply, stock_id(heir.successor_id, supply.commodity))
    amount = 0 if there is None else min(wanted - supply.available, there.available)
    if heir is None or there is None or amount <= 0:
        return supply
    moved = transfer(there, supply, amount, Entry(work.new_id("transfer"), work.now, FETCHED, cause))
    stored = work.put(moved.debit)
    work.put(moved.transfer)
    work.emit(StockHandedOver(stock=(describe_supply(stored),)), about=stored, area=stored.area)
    return work.put(moved.credit)


def send_on(work: UnitOfWork, station_id: str | None) -> None:
    """Have the amounts that a correction has brought to a station that has ended follow to its successor."""
    if station_id is not None and find_successor(work, station_id) is not None:
        due = SuccessionDue(station_id=station_id, again=True)
        work.remind(succession_key(station_id), work.now + AT_ONCE, due)
