"""The events about needs, in any order and repeatedly, and the timer of the waiting list."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from services.charity.linking.announcement import ChangedSupply, OfferOn, announce_link
from services.charity.linking.compensation import give_back_parts, give_back_reservations, load_release
from services.charity.linking.domain.link import Link, delivered, opened, released
from services.charity.linking.guard import guard_loads
from services.charity.linking.passing_on import pass_on
from services.charity.linking.policy import LinkingPolicy
from services.charity.linking.reservation import close_reservations, reservation_loads
from services.charity.linking.search import link_loads, own_stock_loads, reserve_lines, wider_loads
from services.charity.linking.storage import WaitingFor, place_in
from services.charity.linking.waiting_list import (
    RECHECK_SOON,
    ServeWaiting,
    places_of,
    schedule_recheck,
    serve_with,
    waiting_loads,
)
from services.charity.stock.domain import MONEY, Supply, stock_id
from services.charity.stock.storage import FundsFor, SupplyNear, supply_for
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedPublished, NeedServed, NeedUnmet
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork, take_turn
from shared.ledger import post


def link_need(message: Incoming[NeedPublished], policy: LinkingPolicy) -> Handling:
    """Reserve supply for each line of a published need, near → far; the rest waits."""
    need = message.data
    if not need.lines:
        return
    # The guards come first: supply that another replica adds after this round raises the guard's version, so that a
    # need which goes waiting without having seen it conflicts (see Guard).
    yield link_loads(need)
    work = yield own_stock_loads(need)
    if wider := wider_loads(work, need):
        yield wider
    work = yield TURN
    # A link that is there already was made by a repetition, or by an end of the need that arrived first.
    if work.get(Link, need.need_id) is None:
        until = policy.holds_until(need.published_at or work.now, need.due)
        link, changed = yield from reserve_lines(work, opened(need, work.now, until))
        announce_link(work, ResourcesLinked, link, changed)


def deliver_link(message: Incoming[NeedServed | NeedConfirmed]) -> Handling:
    """Post the reservations of a need that was served, whichever of the two events arrives first."""
    need = message.data
    if not need.lines:
        return
    work = yield link_loads(need)
    seen = work.get(Link, need.need_id)
    yield own_stock_loads(need) if seen is None else reservation_loads(seen)
    # No second loading in the turn: reservations that are new by then were made by this batch, so they are there.
    work = yield TURN
    link = work.get(Link, need.need_id)
    if link is not None and link.ended:
        return
    changed: ChangedSupply = {}
    if link is None:
        # Arrived before its publication: reserve first; the publication will find the work done.
        link, changed = yield from reserve_lines(work, opened(need, work.now))
    changed |= close_reservations(work, link, post)
    announce_link(work, ResourcesDelivered, delivered(link, need.version), changed)


def release_link(message: Incoming[NeedCancelled | NeedUnmet]) -> Handling:
    """Void the reservations of a need that ended without service; the freed supply serves the waiting list."""
    need = message.data
    if not need.lines:
        return
    work = yield from take_turn(partial(load_release, need))
    link = work.get(Link, need.need_id)
    if link is None:
        # Arrived before its publication: leave a tombstone, so that the publication links nothing.
        announce_link(work, ResourcesReleased, released(opened(need, work.now), need.version), {})
    elif not link.ended:
        yield from give_back_reservations(work, link, need.version)


def recheck_waiting_list(message: Incoming[ServeWaiting], policy: LinkingPolicy) -> Handling:
    """Serve the needs of a city that wait for a commodity with the supply there is; schedule the next look."""
    commodity, city = message.data.commodity, message.data.city
    # The guard a round before supply and waiting list, see Guard.
    work = yield guard_loads([commodity], city)
    waiting = WaitingFor(place_in(commodity, city), work.now)
    work = yield [waiting]
    # From the needs that wait: a fund, and stock that is not shared with the whole city, is found near them alone.
    links = work.find(waiting)
    near = [supply_for(commodity, area) for area in dict.fromkeys(link.area for link in links)]
    stations = dict.fromkeys(link.station_id for link in links if commodity != MONEY)
    own = [stock_id(station, commodity) for station in stations]
    work = yield [*near, *(Get(Supply, account_id) for account_id in own)]
    yield waiting_loads(places_of(_find_each(work, near, own)), work.now)
    work = yield TURN
    served = yield from serve_with(work, _find_each(work, near, own))
    served += yield from pass_on(work, commodity, work.find(waiting))
    if work.find(waiting):
        # Some were served: more supply may lie beyond the bounded search. None: some may have slipped by unseen.
        schedule_recheck(work, commodity, city, work.now + (RECHECK_SOON if served else policy.recheck))


def offer_on(message: Incoming[OfferOn]) -> Handling:
    """Give back the parts of a need that it cannot use by themselves, because it is due; they serve others."""
    need_id = message.data.need_id
    work = yield [Get(Link, need_id)]
    seen = work.get(Link, need_id)
    if seen is not None and seen.idle_lines:
        yield guard_loads((line.commodity for line in seen.idle_lines), seen.area)
        yield reservation_loads(seen)
        work = yield TURN
        yield from give_back_parts(work, work.require(Link, need_id, "need_id"))


def _find_each(work: UnitOfWork, searches: Iterable[SupplyNear | FundsFor], ids: Iterable[str]) -> list[Supply]:
    found = {supply.id: supply for search in searches for supply in work.find(search)}
    own = (work.get(Supply, account_id) for account_id in ids)
    return list((found | {supply.id: supply for supply in own if supply is not None and supply.available}).values())


HANDLERS: Final[HandlerTable] = {
    NeedPublished: link_need,
    NeedServed: deliver_link,
    NeedConfirmed: deliver_link,
    NeedCancelled: release_link,
    NeedUnmet: release_link,
    ServeWaiting: recheck_waiting_list,
    OfferOn: offer_on,
}
