"""The waiting list: whatever becomes available serves the needs that wait for it, by priority."""

from collections.abc import Generator, Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from services.charity.linking.domain.link import Link, committed, snapshot
from services.charity.linking.domain.near_to_far import climb
from services.charity.linking.reservation import Changed, Policy, guard_of, guards, reserve_takes, views
from services.charity.stock.domain import Supply, city_of, used_id
from services.charity.stock.storage import SupplyNear, WaitingFor
from shared.contracts import Timer
from shared.contracts.charity.linking import ResourcesLinked, Source
from shared.contracts.need_parts import Tried
from shared.engine import TURN, Get, Handlers, Handling, Incoming, UnitOfWork
from shared.engine.decide.loads import Load
from shared.ledger import Account

Serving = Generator[Sequence[Load], UnitOfWork, int]
MOST_SERVED = WaitingFor.limit
"""So many needs are served by one message; a timer goes on with the others."""


class ServeWaiting(Timer):
    """Look at the needs of a city that wait for a commodity."""

    type: ClassVar[str] = "charity.serve_waiting"

    commodity: str
    city: str


def waiting_loads(commodities: Iterable[str], area: str) -> list[Load]:
    """Who waits for it."""
    return [WaitingFor(commodity, city_of(area)) for commodity in dict.fromkeys(commodities)]


def schedule(work: UnitOfWork, commodity: str, area: str, at: datetime) -> None:
    """Put the guard and have the waiting list looked at, at the latest at `at`."""
    guard = guard_of(work, commodity, area)
    # An earlier look that is still to come is enough; without this, a stream of needs would put it off for ever.
    if guard.recheck_at is None or not work.now < guard.recheck_at <= at:
        guard = guard.model_copy(update={"recheck_at": at})
        work.remind(f"serve:{guard.id}", at, ServeWaiting(commodity=commodity, city=city_of(area)))
    work.put(guard)


def serve(work: UnitOfWork, supplies: Sequence[Supply], area: str) -> Serving:
    """Give what is available in `supplies` to the waiting needs of the city, by priority; one event a need.

    Ask for `waiting_loads` of their commodities beforehand. Gives how many needs were served.
    """
    commodities = list(dict.fromkeys(supply.commodity for supply in supplies))
    queue = _queue(work, commodities, area)
    if not queue:
        return 0
    yield [Get(Account, used_id(link.area, c)) for link in queue for c in link.missing if c in commodities]
    pool = {supply.id: supply for supply in supplies}
    served = sum(_serve_one(work, link, pool) for link in queue)
    for commodity in commodities:
        left = any(s.commodity == commodity and s.available for s in pool.values())
        if left and len(queue) == MOST_SERVED and served:
            schedule(work, commodity, area, work.now)
    return served


def _queue(work: UnitOfWork, commodities: Sequence[str], area: str) -> list[Link]:
    found: dict[str, Link] = {}
    for commodity in commodities:
        found.update((link.id, link) for link in work.find(WaitingFor(commodity, city_of(area))))
    return sorted(found.values(), key=lambda link: link.rank)[:MOST_SERVED]


def _serve_one(work: UnitOfWork, link: Link, pool: Changed) -> bool:
    sources: list[Source] = []
    tried: list[Tried] = []
    changed: Changed = {}
    for line in link.lines:
        fitting = [s for s in pool.values() if s.commodity == line.commodity and s.available > 0]
        if not line.missing or not fitting or len(sources) >= link.room:
            continue
        takes, trail = climb(link.wanted(line), fitting, link.room - len(sources))
        sources += reserve_takes(work, link, line.line_id, takes, changed)
        # Only a part of the city's supply was looked at: what the other rings gave or not is known from before.
        tried += [ring for ring in trail if ring.gave]
        pool.update(changed)
    if sources:
        put = work.put(committed(link, sources, tried))
        work.emit(snapshot(ResourcesLinked, put, views(changed)), about=put, area=put.area)
    return bool(sources)


def register(handlers: Handlers, policy: Policy) -> None:
    """Answer the timer."""

    @handlers.on(ServeWaiting)
    def serve_waiting(message: Incoming[ServeWaiting]) -> Handling:
        commodity, city = message.data.commodity, message.data.city
        waiting, near = WaitingFor(commodity, city), SupplyNear(commodity, city)
        yield guards([commodity], city)
        yield [waiting, near]
        work: Any = yield TURN
        served = yield from serve(work, work.find(near), city)
        if work.find(waiting):
            # Some were served: more supply may lie beyond what was looked at. None: one may have slipped by.
            schedule(work, commodity, city, work.now + (policy.recheck_soon if served else policy.recheck))
