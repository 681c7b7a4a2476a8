"""The events about needs, in any order and repeatedly, and the timer of the waiting list."""

from collections.abc import Generator, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Final

from services.charity.linking import making_up
from services.charity.linking.announcement import ChangedSupply, OfferOn, announce_link, remind_to_offer_on
from services.charity.linking.compensation import (
    freed_loads,
    give_back_parts,
    give_back_reservations,
    load_release,
    offer_freed,
)
from services.charity.linking.domain.link import (
    Link,
    delivered,
    divide_delivery,
    is_as_stated,
    is_older,
    released,
)
from services.charity.linking.domain.opening import opened, opened_again
from services.charity.linking.domain.unheld import list_unheld
from services.charity.linking.guard import guard_loads
from services.charity.linking.making_up import record_short_lines
from services.charity.linking.money_used import record_money_used
from services.charity.linking.passing_on import pass_on
from services.charity.linking.policy import LinkingPolicy
from services.charity.linking.reservation import reservation_loads, settle_reservations
from services.charity.linking.restoration import restore_delivery
from services.charity.linking.search import (
    link_loads,
    own_stock_loads,
    reserve_lines,
    reserve_unheld,
    unheld_loads,
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
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
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
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn

STATED_ANEW: Final = "stated_anew"
"""The reason of a reversal whose own event is still on its way here."""
Held = ConfirmationUndone | EndUndone | NeedExtended
"""An event after which the need is open, whatever of it has not arrived yet."""


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


def deliver_link(message: Incoming[NeedConfirmed]) -> Handling:
    """Post what the confirmation says was delivered of each line; the rest is void, and serves the waiting list.

    What it states beyond the reservations comes from supply that is free, or stands as a shortfall of the station.
    """
    need = message.data
    if not need.lines:
        return
    work = yield from take_turn(partial(_load_delivery, need))
    link = work.get(Link, need.need_id)
    if link is not None and is_older(need, link):
        return
    if link is not None and is_as_stated(link, need.delivered):
        # Again the same, after an undoing that is still on its way here: it is older, and changes nothing any more.
        announce_link(work, ResourcesDelivered, link.model_copy(update={"need_version": need.version}), {})
        return
    changed: ChangedSupply = {}
    before, known = link, link is not None and link.state != "released"
    if link is None or link.state == "released":
        # Arrived before its publication or reopening: reserve first; that will find the work done.
        link, changed = yield from reserve_lines(work, opened_again(link, need, work.now))
    elif link.ended:
        link, changed = restore_delivery(work, link, need.version, STATED_ANEW)
    if unheld := list_unheld(link, need.delivered):
        link, more = yield from reserve_unheld(work, link, unheld)
        changed |= more
    settled = settle_reservations(work, link, divide_delivery(link, need.delivered))
    after = delivered(link, settled.sources, need.version, list_unheld(link, need.delivered))
    announce_link(work, ResourcesDelivered, after, changed | settled.changed)
    yield from record_short_lines(work, before, after)
    yield from record_money_used(work, before, after)
    # What a step reserves and gives back by itself, nobody has missed.
    if known and settled.freed:
        yield from offer_freed(work, link, settled.freed)


def _load_delivery(need: NeedConfirmed) -> Loading:
    """Load the link with its guards, its reservations, and, where it gives any back, the needs that wait for those."""
    work = yield link_loads(need)
    link = work.get(Link, need.need_id)
    if link is None or (link.state == "released" and not is_older(need, link)):
        yield own_stock_loads(need)
    elif not is_older(need, link):
        work = yield reservation_loads(link)
        if unheld := list_unheld(link, need.delivered):
            yield unheld_loads(link, unheld)
        freed = [source for source, amount in divide_delivery(link, need.delivered) if amount < source.amount]
        if freed:
            yield freed_loads(work, freed)


def restore_link(message: Incoming[ConfirmationUndone | EndUndone], policy: LinkingPolicy) -> Handling:
    """Hold supply again for a need whose end is undone: what was delivered is reversed, what was released is searched
    for once more, and the need waits for the rest.

    After a confirmation it keeps also the parts that it cannot use by themselves, until its station has had time to
    state them again.
    """
    need = message.data
    if not need.lines:
        return
    work = yield from take_turn(partial(_load_restoration, need))
    link = work.get(Link, need.need_id)
    if link is None or not is_older(need, link):
        yield from _hold_again(work, need, policy)


def extend_link(message: Incoming[NeedExtended], policy: LinkingPolicy) -> Handling:
    """Let a need that is given more time hold its parts until that is nearly over.

    Where it arrives before the publication or the undoing of an end, it holds supply as they would.
    """
    need = message.data
    if not need.lines or need.published_at is None:  # a draft holds nothing
        return
    work = yield from take_turn(partial(_load_restoration, need))
    link = work.get(Link, need.need_id)
    if link is None or link.ended:
        if link is None or not is_older(need, link):
            yield from _hold_again(work, need, policy)
    elif not is_older(need, link):
        until = policy.holds_until(need.published_at, need.due)
        longer = link.model_copy(update={"need_version": need.version, "holds_until": until})
        announce_link(work, ResourcesLinked, longer, {})
        # What it has offered on may be free still, and it may hold that again.
        for commodity in link.missing:
            schedule_recheck(work, commodity, link.area, work.now + RECHECK_SOON)


def _hold_again(work: UnitOfWork, need: Held, policy: LinkingPolicy) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Hold supply for an open need by an event that is newer than its link. Needs `_load_restoration`."""
    link = work.get(Link, need.need_id)
    changed: ChangedSupply = {}
    before = link
    if link is None or link.state == "released":
        link = opened_again(link, need, work.now)
    elif link.ended:
        because = need.undone_for if isinstance(need, ConfirmationUndone) else STATED_ANEW
        link, changed = restore_delivery(work, link, need.version, because)
    # Where the end is still on its way, this version makes it the older one.
    again = {"need_version": need.version, **_holding(need, work.now, policy)}
    link, more = yield from reserve_lines(work, link.model_copy(update=again))
    announce_link(work, ResourcesLinked, link, changed | more)
    yield from record_short_lines(work, before, link)
    yield from record_money_used(work, before, link)


def _holding(need: Held, now: datetime, policy: LinkingPolicy) -> dict[str, datetime | None]:
    """Return until when the need keeps the parts that it cannot use by themselves."""
    if isinstance(need, EndUndone):
        return {"holds_until": policy.holds_until(now, need.due), "restored_until": None}
    until = policy.holds_until(need.published_at or now, need.due)
    if isinstance(need, NeedExtended):
        return {"holds_until": until}
    return {"holds_until": until, "restored_until": now + policy.restored_time}


def _load_restoration(need: NeedSnapshot) -> Loading:
    work = yield link_loads(need)
    link = work.get(Link, need.need_id)
    if link is None or not is_older(need, link):
        yield [*own_stock_loads(need), *([] if link is None else reservation_loads(link))]


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
    elif is_older(need, link):
        return
    elif link.state == "released":
        # Reopened meanwhile, the event of which is still on its way here: it is older, and changes nothing any more.
        announce_link(work, ResourcesReleased, link.model_copy(update={"need_version": need.version}), {})
    else:
        # Only an undone confirmation is followed by such an end: its event is still on its way here.
        held, changed = (link, {}) if not link.ended else restore_delivery(work, link, need.version, STATED_ANEW)
        yield from give_back_reservations(work, held, need.version, changed)
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
    NeedExtended: extend_link,
    NeedConfirmed: deliver_link,
    ConfirmationUndone: restore_link,
    EndUndone: restore_link,
    NeedCancelled: release_link,
    NeedUnmet: release_link,
    ServeWaiting: recheck_waiting_list,
    OfferOn: offer_on,
    **making_up.HANDLERS,
}
