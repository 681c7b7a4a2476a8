"""A need's own search for supply: its station's stock first, then ring by ring."""

from collections.abc import Generator, Sequence
from typing import Final

from services.charity.linking.domain.link import Link, LinkLine, committed
from services.charity.linking.domain.near_to_far import climb
from services.charity.linking.reservation import Changed, Policy, guards, reserve_takes
from services.charity.linking.waiting_list import schedule
from services.charity.stock.domain import MONEY, Supply, stock_id, used_id
from services.charity.stock.storage import SupplyNear
from shared.contracts.charity.linking import Source
from shared.contracts.need_parts import Tried
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine import Get, UnitOfWork
from shared.engine.decide.loads import Load
from shared.ledger import Account

AMPLE: Final = 4
"""A station's stock of so many times what a need asks is trusted to last until its turn: others of the batch may
draw on it first. Where it does not last, the search is made up for alone."""


def first_loads(need: NeedSnapshot) -> list[Load]:
    """The guards, before everything else (see Guard), and the link itself."""
    return [Get(Link, need.need_id), *guards((line.commodity for line in need.lines), need.area)]


def own_loads(need: NeedSnapshot) -> list[Load]:
    """The station's own stock of what is asked, and where it would go."""
    loads: list[Load] = []
    for line in need.lines:
        commodity = line.commodity
        loads.append(Get(Account, used_id(need.area, commodity)))
        if commodity != MONEY:
            loads.append(Get(Supply, stock_id(need.station_id, commodity)))
    return loads


def search_loads(work: UnitOfWork, need: NeedSnapshot) -> list[Load]:
    """The wider search for what the station's own stock may not cover."""
    return [
        SupplyNear(line.commodity, need.area)
        for line in need.lines
        if not _covers(work, need.station_id, line.commodity, AMPLE * line.requested)
    ]


def reserve_lines(
    work: UnitOfWork, link: Link, policy: Policy
) -> Generator[Sequence[Load], UnitOfWork, tuple[Link, Changed]]:
    """Reserve for each line what can be had, nearest first, and wait for the rest. Gives the link, not yet put."""
    short = _short(work, link)
    if short:
        yield [SupplyNear(commodity, link.area) for commodity in short]
    changed: Changed = {}
    sources: list[Source] = []
    tried: list[Tried] = []
    for line in link.lines:
        supplies = _supplies(work, link, line, line.commodity in short)
        takes, trail = climb(link.wanted(line), supplies, link.room - len(sources))
        sources += reserve_takes(work, link, line.line_id, takes, changed)
        tried += trail
    link = committed(link, sources, tried)
    for commodity in link.missing:
        schedule(work, commodity, link.area, work.now + policy.recheck_soon)
    return link, changed


def _supplies(work: UnitOfWork, link: Link, line: LinkLine, searched: bool) -> list[Supply]:
    found = work.find(SupplyNear(line.commodity, link.area)) if searched else []
    own = _own(work, link.station_id, line.commodity)
    if own is not None and all(supply.id != own.id for supply in found):
        found.append(own)
    return found


def _short(work: UnitOfWork, link: Link) -> list[str]:
    asked: dict[str, int] = {}
    for line in link.lines:
        asked[line.commodity] = asked.get(line.commodity, 0) + line.requested
    return [commodity for commodity, amount in asked.items() if not _covers(work, link.station_id, commodity, amount)]


def _covers(work: UnitOfWork, station_id: str, commodity: str, amount: int) -> bool:
    own = _own(work, station_id, commodity)
    return own is not None and own.available >= amount


def _own(work: UnitOfWork, station_id: str, commodity: str) -> Supply | None:
    return None if commodity == MONEY else work.get(Supply, stock_id(station_id, commodity))
