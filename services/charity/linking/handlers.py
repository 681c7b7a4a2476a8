"""The events about needs, in any order and repeatedly, and the timer of the waiting list."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from services.charity.linking import making_up
from services.charity.linking.announcement import OfferOn, announce_link, remind_to_offer_on
from services.charity.linking.compensation import (
    give_back_parts,
    give_back_reservations,
    load_release,
)
from services.charity.linking.delivering import deliver_link
from services.charity.linking.domain.link import (
    Link,
    is_older,
    released,
)
from services.charity.linking.domain.opening import opened
from services.charity.linking.guard import guard_loads
from services.charity.linking.holding import extend_link, hold_as_amended, restore_link
from services.charity.linking.making_up import record_short_lines
from services.charity.linking.money_used import record_money_used
from services.charity.linking.passing_on import pass_on
from services.charity.linking.policy import LinkingPolicy
from services.charity.linking.reservation import reservation_loads
from services.charity.linking.restoration import STATED_ANEW, restore_delivery
from services.charity.linking.search import (
    link_loads,
    own_stock_loads,
    reserve_lines,
    wider_loads,
)
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
from shared.contracts.charity.linking import ResourcesLinked, ResourcesReleased
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import (
    ConfirmationUndone,
    NeedCancelled,
    NeedConfirmed,
    NeedExtended,
    NeedPublished,
    NeedSnapshot,
    NeedUnmet,
)
from shared.contracts.stations.reopening import EndUndone
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork, take_turn


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


def amend_link(message: Incoming[NeedAmended], policy: LinkingPolicy) -> Handling:
    """Follow an amended need: give back the supply that its request or place now rules out, search for missing amounts.

    The supply given back serves the waiting list.
    """
    need = message.data
    if need.lines:
        yield from hold_as_amended(need, policy)
    else:
        # A need that never had lines does not concern charity.
        yield from _release(need, unknown="lines" in need.amended)


def release_link(message: Incoming[NeedCancelled | NeedUnmet]) -> Handling:
    """Void the reservations of a need that ended without service; the freed supply serves the waiting list."""
    if message.data.lines:
        yield from _release(message.data)


def _release(need: NeedSnapshot, *, unknown: bool = True) -> Handling:
    """Release the need's reservations; with `unknown` an end that arrives before the need's publication counts, too."""
    work = yield from take_turn(partial(load_release, need))
    link = work.get(Link, need.need_id)
    if link is None:
        if unknown:
            # Arrived before its publication: leave a tombstone, so that the publication links nothing.
            announce_link(work, ResourcesReleased, released(opened(need, work.now), need.version), {})
    elif is_older(need, link):
        return
    elif link.state == "released":
        # Reopened meanwhile, the event of which is still on its way here: it is older, and changes nothing any more.
        announce_link(work, ResourcesReleased, link.model_copy(update={"need_version": need.version}), {})
    else:
        # Only an undone confirmation is followed by such an end: its event is still on its way here.
        held, changed = (link, {}) if not link.ended else restore_delivery(work, link, need.version, STATED_ANEW)
        yield from give_back_reservations(work, held, need, changed)
        yield from record_short_lines(work, link, held)
        yield from record_money_used(work, link, held)


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
    if seen is None or not seen.idle_lines:
        return
    yield guard_loads((line.commodity for line in seen.idle_lines), seen.area)
    yield reservation_loads(seen)
    work = yield TURN
    link = work.require(Link, need_id, "need_id")
    if link.offers_on_at is not None and work.now < link.offers_on_at:
        # More time, or a delivery that was taken back, has set a later instant while this timer was on its way.
        remind_to_offer_on(work, link)
    else:
        yield from give_back_parts(work, link)


def _find_each(work: UnitOfWork, searches: Iterable[SupplyNear | FundsFor], ids: Iterable[str]) -> list[Supply]:
    found = {supply.id: supply for search in searches for supply in work.find(search)}
    own = (work.get(Supply, account_id) for account_id in ids)
    return list((found | {supply.id: supply for supply in own if supply is not None and supply.available}).values())


HANDLERS: Final[HandlerTable] = {
    NeedPublished: link_need,
    NeedConfirmed: deliver_link,
    ConfirmationUndone: restore_link,
    EndUndone: restore_link,
    NeedExtended: extend_link,
    NeedAmended: amend_link,
    NeedCancelled: release_link,
    NeedUnmet: release_link,
    ServeWaiting: recheck_waiting_list,
    OfferOn: offer_on,
    **making_up.HANDLERS,
}
