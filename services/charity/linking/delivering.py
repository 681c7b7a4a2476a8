"""The delivery that a confirmation states: posted from the reservations, the rest given back."""

from collections.abc import Generator, Sequence
from functools import partial

from services.charity.linking.amending import adopt_request, amendment_loads, list_freed
from services.charity.linking.announcement import ChangedSupply, announce_link
from services.charity.linking.compensation import freed_loads, offer_freed
from services.charity.linking.domain.amendment import asks_otherwise
from services.charity.linking.domain.link import Link, delivered, divide_delivery, is_as_stated, is_older
from services.charity.linking.domain.opening import opened_again
from services.charity.linking.domain.unheld import list_unheld
from services.charity.linking.making_up import record_short_lines
from services.charity.linking.money_used import record_money_used
from services.charity.linking.reservation import reservation_loads, settle_reservations
from services.charity.linking.restoration import STATED_ANEW, restore_delivery
from services.charity.linking.search import link_loads, own_stock_loads, reserve_lines, reserve_unheld, unheld_loads
from shared.contracts.charity.linking import ResourcesDelivered
from shared.contracts.stations.needs import NeedConfirmed
from shared.engine import Handling, Incoming, Load, Loading, UnitOfWork, take_turn


def deliver_link(message: Incoming[NeedConfirmed]) -> Handling:
    """Post the amounts that the confirmation states, line by line; the rest is void, and serves the waiting list.

    An amount beyond the reservations comes from supply that is free, or stands as a shortfall of the station.
    """
    need = message.data
    if not need.lines:
        return
    work = yield from take_turn(partial(_load_delivery, need))
    link = work.get(Link, need.need_id)
    if link is not None and is_older(need, link):
        return
    if link is not None and not asks_otherwise(link, need) and is_as_stated(link, need.delivered):
        # Again the same, after an undoing that is still on its way here: it is older, and changes nothing any more.
        announce_link(work, ResourcesDelivered, link.model_copy(update={"need_version": need.version}), {})
        return
    before, known = link, link is not None and link.state != "released"
    link, changed, given_back = yield from _hold_first(work, link, need)
    if unheld := list_unheld(link, need.delivered):
        link, more = yield from reserve_unheld(work, link, unheld)
        changed |= more
    settled = settle_reservations(work, link, divide_delivery(link, need.delivered))
    after = delivered(link, settled.sources, need.version, list_unheld(link, need.delivered))
    announce_link(work, ResourcesDelivered, after, changed | settled.changed)
    yield from record_short_lines(work, before, after)
    yield from record_money_used(work, before, after)
    # No need waits for supply that the same step reserved and gave back.
    freed = {**list_freed(work, given_back), **settled.freed}
    if known and freed:
        yield from offer_freed(work, link, freed)


def _hold_first(
    work: UnitOfWork, link: Link | None, need: NeedConfirmed
) -> Generator[Sequence[Load], UnitOfWork, tuple[Link, ChangedSupply, list[str]]]:
    """Return the open link as if all earlier events had arrived, the changed accounts, and those given back to."""
    if link is None or link.state == "released":
        # Arrived before its publication or reopening: reserve first; that will find the work done.
        return (*(yield from reserve_lines(work, opened_again(link, need, work.now))), [])
    changed: ChangedSupply = {}
    if link.ended:
        link, changed = restore_delivery(work, link, need.version, STATED_ANEW)
    if not asks_otherwise(link, need):
        return link, changed, []
    # Amended meanwhile, the event of which is still on its way here.
    link, more, given_back = adopt_request(work, link, need)
    link, found = yield from reserve_lines(work, link)
    return link, changed | more | found, given_back


def _load_delivery(need: NeedConfirmed) -> Loading:
    """Load the link with its guards, its reservations, and the needs that wait for reservations given back."""
    work = yield link_loads(need)
    link = work.get(Link, need.need_id)
    if loads := amendment_loads(link, need):
        work = yield loads
    if link is None or (link.state == "released" and not is_older(need, link)):
        yield own_stock_loads(need)
    elif not is_older(need, link):
        work = yield reservation_loads(link)
        if unheld := list_unheld(link, need.delivered):
            yield unheld_loads(link, unheld)
        freed = [source for source, amount in divide_delivery(link, need.delivered) if amount < source.amount]
        if freed:
            yield freed_loads(work, freed)
