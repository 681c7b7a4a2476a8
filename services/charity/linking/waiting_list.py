"""The waiting list (等候名单): supply that arrives or is freed serves the needs that wait for it, in their order."""

from collections.abc import Generator, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.charity.linking.announcement import ChangedSupply, announce_link
from services.charity.linking.domain.link import Link, committed
from services.charity.linking.domain.shares import list_claims, share_out
from services.charity.linking.domain.waiting_order import rank_for
from services.charity.linking.guard import get_guard
from services.charity.linking.reservation import reserve_takes
from services.charity.linking.storage import Place, WaitingFor, places_for
from services.charity.stock.accounts import used_id
from services.charity.stock.domain import MONEY, Supply, usable
from services.charity.stock.storage import search_key
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

MOST_PLACES: Final = 10
"""Places that are searched for one message: each is up to 24 short walks of an index."""
Serving = Generator[Sequence[Load], UnitOfWork, int]


class ServeWaiting(Timer):
    """Serve the needs of a city, or of the area of a fund, that wait for a commodity."""

    type: ClassVar[str] = "charity.serve_waiting"

    commodity: str
    city: str


def waiting_loads(places: Iterable[Place], now: datetime) -> list[WaitingFor]:
    """Return the loads of the needs that wait for the supply of the places.

    Where there are more than MOST_PLACES, the needs of the city are searched regardless of their nearness. Yield the
    loads in a later round than the guards of the same commodities, see Guard. `now` is city time.
    """
    asked = list(dict.fromkeys(places))
    if len(asked) > MOST_PLACES:
        cities = ((place.commodity, city_of(place.area)) for place in asked)
        asked = list(dict.fromkeys(Place(commodity, city, city) for commodity, city in cities))
    return [WaitingFor(place, now) for place in asked]


def schedule_recheck(work: UnitOfWork, commodity: str, area: str, at: datetime) -> None:
    """Put the guard, and set its timer to serve the waiting list at `at` (UTC), unless an earlier one is set."""
    guard = get_guard(work, commodity, area)
    # An earlier recheck that is still to come is enough; without this, a stream of needs would put it off for ever.
    if guard.recheck_at is None or not work.now < guard.recheck_at <= at:
        guard = guard.model_copy(update={"recheck_at": at})
        work.remind(f"serve:{guard.id}", at, ServeWaiting(commodity=commodity, city=city_of(area)))
    work.put(guard)


def serve_waiting_list(work: UnitOfWork, supplies: Sequence[Supply]) -> Serving:
    """Serve the waiting needs with new supply; schedule a recheck soon for those that still wait.

    New supply may complete a need together with supply that was there before, or with parts that others hold: the
    recheck considers all of these. The guards of the commodities must be loaded. Otherwise as `serve_with`.
    """
    served = yield from serve_with(work, supplies)
    left = {load.place.commodity for load in waiting_loads(places_of(supplies), work.now) if work.find(load)}
    for supply in supplies:
        if supply.commodity in left:
            schedule_recheck(work, supply.commodity, supply.area, work.now + RECHECK_SOON)
    return served


def serve_with(work: UnitOfWork, supplies: Sequence[Supply]) -> Serving:
    """Reserve the available amounts of `supplies` in shares for the waiting needs of the city; one event a need.

    Needs `waiting_loads` of their places. Returns the number of needs served, MAX_SERVED at most.
    """
    commodities = list(dict.fromkeys(supply.commodity for supply in supplies))
    # Mostly loaded before the turn, and then no query: only stock that is not shared with the city has other places.
    yield waiting_loads(places_of(supplies), work.now)
    queue = _queue(work, supplies)
    if not queue:
        return 0
    yield [Get(Account, used_id(link.area, c)) for link in queue for c in link.missing if c in commodities]
    pool = {supply.id: supply for supply in supplies}
    served = _serve_claims(work, queue, pool)
    # A full queue may have cut off needs that the rest would serve. None served: another look would serve none.
    if len(queue) == MAX_SERVED and served:
        for commodity, place in dict.fromkeys((s.commodity, s.area) for s in pool.values() if s.available):
            _go_on(work, commodity, place)
    return served


def _go_on(work: UnitOfWork, commodity: str, area: str) -> None:
    if commodity != MONEY or area == city_of(area):
        schedule_recheck(work, commodity, area, work.now)
    else:
        # The first of the whole city may all lie outside the fund's area, and would stand in the way of those inside.
        work.remind(f"serve:{search_key(commodity, area)}", work.now, ServeWaiting(commodity=commodity, city=area))


def places_of(supplies: Iterable[Supply]) -> list[Place]:
    """Return the places of the accounts, each once."""
    return list(dict.fromkeys(place for supply in supplies for place in places_for(supply)))


def _queue(work: UnitOfWork, supplies: Sequence[Supply]) -> list[Link]:
    found = {link.id: link for load in waiting_loads(places_of(supplies), work.now) for link in work.find(load)}
    by_commodity: dict[str, list[Supply]] = {}
    for supply in supplies:
        by_commodity.setdefault(supply.commodity, []).append(supply)

    def areas_near(link: Link) -> set[str]:
        near = (supply for commodity in link.missing for supply in by_commodity.get(commodity, ()))
        return {supply.area for supply in near if usable(supply, link.station_id, link.area)}

    # By the nearest supply of all that it misses.
    ranked = (
        min(rank_for(link, area, work.now) for area in areas) for link in found.values() if (areas := areas_near(link))
    )
    return [found[need_id] for *_, need_id in sorted(ranked)][:MAX_SERVED]


def _serve_claims(work: UnitOfWork, queue: Sequence[Link], pool: ChangedSupply) -> int:
    """Reserve the shares of the needs in the pool and announce each need; return the number of needs served."""
    sources: dict[str, list[Source]] = {}
    tried: dict[str, list[Tried]] = {}
    for claim, takes, rings in share_out(list_claims(queue, pool.values(), work.now), pool.values()):
        need = claim.link.id
        sources.setdefault(need, []).extend(reserve_takes(work, claim.link, claim.line.line_id, takes, pool))
        tried.setdefault(need, []).extend(rings)
    for link in queue:
        if own := sources.get(link.id):
            changed = {source.account_id: pool[source.account_id] for source in own}
            announce_link(work, ResourcesLinked, committed(link, own, tried[link.id]), changed)
    return len(sources)
