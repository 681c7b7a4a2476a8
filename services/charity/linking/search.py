"""A need's own search for supply: its station's stock first, then ring by ring."""

from collections.abc import Generator, Mapping, Sequence
from typing import Final

from services.charity.linking.announcement import ChangedSupply
from services.charity.linking.domain.link import Link, LinkLine, committed
from services.charity.linking.domain.near_to_far import take_near_to_far
from services.charity.linking.domain.shares import refuse_part
from services.charity.linking.guard import guard_loads
from services.charity.linking.reservation import reserve_takes
from services.charity.linking.waiting_list import RECHECK_SOON, schedule_recheck
from services.charity.stock.accounts import used_id
from services.charity.stock.domain import MONEY, Supply, stock_id
from services.charity.stock.storage import supply_for
from shared.contracts.charity.linking import Source
from shared.contracts.need_parts import Tried
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine import Get, Load, UnitOfWork
from shared.ledger import Account

AMPLE: Final = 4
"""A station's stock of so many times the requested amount is trusted to last until the need's turn: earlier needs of
the batch may draw on it first. Where it does not last, the need searches alone, in its turn.
"""


def link_loads(need: NeedSnapshot) -> list[Load]:
    """Return the first loads about a need: its link and the guards, a round before any supply (see Guard)."""
    return [Get(Link, need.need_id), *guard_loads((line.commodity for line in need.lines), need.area)]


def own_stock_loads(need: NeedSnapshot) -> list[Load]:
    """Return the loads of the station's own stock of the requested items, and of the accounts that receive them."""
    loads: list[Load] = []
    for line in need.lines:
        commodity = line.commodity
        loads.append(Get(Account, used_id(need.area, commodity)))
        if commodity != MONEY:
            loads.append(Get(Supply, stock_id(need.station_id, commodity)))
    return loads


def wider_loads(work: UnitOfWork, need: NeedSnapshot) -> list[Load]:
    """Return the searches of the wider rings, for each line that the station's own stock may not cover."""
    return [
        supply_for(line.commodity, need.area)
        for line in need.lines
        if not _covers(work, need.station_id, line.commodity, AMPLE * line.requested)
    ]


def reserve_lines(work: UnitOfWork, link: Link) -> Generator[Sequence[Load], UnitOfWork, tuple[Link, ChangedSupply]]:
    """Reserve supply for each line, nearest first; the rest waits, with a recheck scheduled.

    Returns the link, not yet put, and the supply accounts that changed.
    """
    short = _list_short(work, link)
    if short:
        # Mostly loaded with the batch, and then no query: see AMPLE.
        yield [supply_for(commodity, link.area) for commodity in short]
    changed: ChangedSupply = {}
    sources: list[Source] = []
    tried: list[Tried] = []
    # One line after the other: a later one finds the supply that an earlier one of the same item has left.
    for line in link.lines:
        if not line.missing:
            continue
        supplies = _list_supplies(work, link, line, searched=line.commodity in short)
        takes, trail = take_near_to_far(link.shortage(line), supplies, link.room - len(sources))
        if takes and not (link.holds_on(work.now) or line.is_useful(sum(take.amount for take in takes))):
            # Too late to wait for the rest of it: others can use it now.
            takes, trail = [], refuse_part(line, trail)
        sources += reserve_takes(work, link, line.line_id, takes, changed)
        tried += trail
    link = committed(link, sources, tried)
    # This puts the guard of each missing commodity, so that supply arriving at the same moment conflicts.
    for commodity in link.missing:
        schedule_recheck(work, commodity, link.area, work.now + RECHECK_SOON)
    return link, changed


def unheld_loads(link: Link, unheld: Mapping[str, int]) -> list[Load]:
    """Return the loads of the supply that may give these amounts, by line, which are not held for the need."""
    commodities = dict.fromkeys(line.commodity for line in link.lines if line.line_id in unheld)
    loads: list[Load] = [supply_for(commodity, link.area) for commodity in commodities]
    loads += [Get(Supply, stock_id(link.station_id, commodity)) for commodity in commodities if commodity != MONEY]
    return loads + [Get(Account, used_id(link.area, commodity)) for commodity in commodities]


def reserve_unheld(
    work: UnitOfWork, link: Link, unheld: Mapping[str, int]
) -> Generator[Sequence[Load], UnitOfWork, tuple[Link, ChangedSupply]]:
    """Reserve these amounts, by line, from supply that is free: nearest first, the station's own before any other.

    Returns the link with the new reservations, not yet put, and the supply accounts that changed.
    """
    yield unheld_loads(link, unheld)
    changed: ChangedSupply = {}
    sources: list[Source] = []
    for line in link.lines:
        if line.line_id in unheld:
            supplies = _list_supplies(work, link, line, searched=True)
            short = link.shortage(line, unheld[line.line_id])
            takes, _ = take_near_to_far(short, supplies, link.room - len(sources))
            sources += reserve_takes(work, link, line.line_id, takes, changed)
    return committed(link, sources, ()), changed


def _list_supplies(work: UnitOfWork, link: Link, line: LinkLine, *, searched: bool) -> list[Supply]:
    found = work.find(supply_for(line.commodity, link.area)) if searched else []
    own = _own_stock(work, link.station_id, line.commodity)
    # The bounded search may have left the station's own stock out.
    if own is not None and all(supply.id != own.id for supply in found):
        found.append(own)
    return found


def _list_short(work: UnitOfWork, link: Link) -> list[str]:
    # By commodity, not by line: two lines of the same item share the station's stock.
    asked: dict[str, int] = {}
    for line in link.lines:
        asked[line.commodity] = asked.get(line.commodity, 0) + line.missing
    return [
        commodity
        for commodity, amount in asked.items()
        if amount and not _covers(work, link.station_id, commodity, amount)
    ]


def _covers(work: UnitOfWork, station_id: str, commodity: str, amount: int) -> bool:
    own = _own_stock(work, station_id, commodity)
    return own is not None and own.available >= amount


def _own_stock(work: UnitOfWork, station_id: str, commodity: str) -> Supply | None:
    return None if commodity == MONEY else work.get(Supply, stock_id(station_id, commodity))
