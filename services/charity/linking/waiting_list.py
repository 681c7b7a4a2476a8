"""The waiting list (等候名单): supply that arrives or is freed serves the needs that wait for it, by priority."""

from collections.abc import Generator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.charity.linking.announcement import ChangedSupply, announce_link
from services.charity.linking.domain.accounts import used_id
from services.charity.linking.domain.link import Link, committed
from services.charity.linking.domain.near_to_far import take_near_to_far
from services.charity.linking.guard import get_guard
from services.charity.linking.reservation import reserve_takes
from services.charity.linking.storage import WaitingFor
from services.charity.stock.domain import Supply
from shared.contracts import Timer
from shared.contracts.areas import city_of
from shared.contracts.charity.linking import ResourcesLinked, Source
from shared.contracts.need_parts import Tried
from shared.engine import Get, Load, UnitOfWork
from shared.ledger import Account

MAX_SERVED: Final = WaitingFor.limit
"""The most needs that one message serves; a timer goes on with the others."""
RECHECK_SOON: Final = timedelta(seconds=2)
"""The time until the first look at a need that went waiting: long enough for a concurrent donation to commit."""

Serving = Generator[Sequence[Load], UnitOfWork, int]


class ServeWaiting(Timer):
    """Serve the needs of a city that wait for a commodity."""

    type: ClassVar[str] = "charity.serve_waiting"

    commodity: str
    city: str


def waiting_loads(commodities: Iterable[str], area: str) -> list[Load]:
    """Return the loads of the needs that wait for the commodities in the area's city.

    Yield them in a later round than the guards of the same commodities, see Guard.
    """
    return [WaitingFor(commodity, city_of(area)) for commodity in dict.fromkeys(commodities)]


def schedule_recheck(work: UnitOfWork, commodity: str, area: str, at: datetime) -> None:
    """Put the guard, and set its timer to serve the waiting list at `at` (UTC), unless an earlier one is set."""
    guard = get_guard(work, commodity, area)
    # An earlier recheck that is still to come is enough; without this, a stream of needs would put it off for ever.
    if guard.recheck_at is None or not work.now < guard.recheck_at <= at:
        guard = guard.model_copy(update={"recheck_at": at})
        work.remind(f"serve:{guard.id}", at, ServeWaiting(commodity=commodity, city=city_of(area)))
    work.put(guard)


def serve_waiting_list(work: UnitOfWork, supplies: Sequence[Supply], area: str) -> Serving:
    """Reserve the available amounts of `supplies` for the waiting needs of the city, by priority; one event a need.

    Needs `waiting_loads` of their commodities. Returns the number of needs served, MAX_SERVED at most.
    """
    commodities = list(dict.fromkeys(supply.commodity for supply in supplies))
    queue = _queue(work, commodities, area)
    if not queue:
        return 0
    yield [Get(Account, used_id(link.area, c)) for link in queue for c in link.missing if c in commodities]
    pool = {supply.id: supply for supply in supplies}
    served = sum(_serve_need(work, link, pool) for link in queue)
    for commodity in commodities:
        left = any(supply.commodity == commodity and supply.available for supply in pool.values())
        # A full queue may have cut off needs that the rest would serve. None served: another look would serve none.
        if left and len(queue) == MAX_SERVED and served:
            schedule_recheck(work, commodity, area, work.now)
    return served


def _queue(work: UnitOfWork, commodities: Sequence[str], area: str) -> list[Link]:
    found: dict[str, Link] = {}
    for commodity in commodities:
        found.update((link.id, link) for link in work.find(WaitingFor(commodity, city_of(area))))
    return sorted(found.values(), key=lambda link: link.rank)[:MAX_SERVED]


def _serve_need(work: UnitOfWork, link: Link, pool: ChangedSupply) -> bool:
    sources: list[Source] = []
    tried: list[Tried] = []
    changed: ChangedSupply = {}
    for line in link.lines:
        fitting = [s for s in pool.values() if s.commodity == line.commodity and s.available > 0]
        if not line.missing or not fitting or len(sources) >= link.room:
            continue
        takes, trail = take_near_to_far(link.shortage(line), fitting, link.room - len(sources))
        sources += reserve_takes(work, link, line.line_id, takes, changed)
        # Only a part of the city's supply was looked at: the entries of the other rings are known from before.
        tried += [ring for ring in trail if ring.gave]
        pool.update(changed)
    if sources:
        announce_link(work, ResourcesLinked, committed(link, sources, tried), changed)
    return bool(sources)
