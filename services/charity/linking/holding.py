"""Open needs hold supply: after their end was undone, with more time, or as they were amended."""

from collections.abc import Generator, Sequence
from datetime import datetime
from functools import partial

from services.charity.linking.amending import adopt_request, amendment_loads, list_freed
from services.charity.linking.announcement import ChangedSupply, announce_link
from services.charity.linking.compensation import offer_freed
from services.charity.linking.domain.amendment import asks_otherwise, concerns
from services.charity.linking.domain.link import Link, is_older
from services.charity.linking.domain.opening import opened_again
from services.charity.linking.making_up import record_short_lines
from services.charity.linking.money_used import record_money_used
from services.charity.linking.policy import LinkingPolicy
from services.charity.linking.reservation import reservation_loads
from services.charity.linking.restoration import STATED_ANEW, restore_delivery
from services.charity.linking.search import link_loads, own_stock_loads, reserve_lines
from services.charity.linking.waiting_list import RECHECK_SOON, schedule_recheck
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import ConfirmationUndone, NeedExtended, NeedSnapshot
from shared.contracts.stations.reopening import EndUndone
from shared.engine import Handling, Incoming, Load, Loading, UnitOfWork, take_turn

Held = ConfirmationUndone | EndUndone | NeedExtended | NeedAmended
"""An event after which the need is open, even where earlier events of it have not arrived yet."""


def restore_link(message: Incoming[ConfirmationUndone | EndUndone], policy: LinkingPolicy) -> Handling:
    """Hold supply again for a need whose end is undone: reverse its delivery, search again for released amounts.

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
    """Let an extended need hold its parts until the new time is nearly over.

    Where it arrives before the publication or the undoing of an end, it holds supply as they would.
    """
    need = message.data
    if not need.lines or need.published_at is None:  # a draft holds nothing
        return
    work = yield from take_turn(partial(_load_restoration, need))
    link = work.get(Link, need.need_id)
    if link is None or link.ended or asks_otherwise(link, need):
        if link is None or not is_older(need, link):
            yield from _hold_again(work, need, policy)
    elif not is_older(need, link):
        until = policy.holds_until(need.published_at, need.due)
        longer = link.model_copy(update={"need_version": need.version, "priority": need.score, "holds_until": until})
        announce_link(work, ResourcesLinked, longer, {})
        # A part that the need offered on may still be free, and the need may hold it again.
        for commodity in link.missing:
            schedule_recheck(work, commodity, link.area, work.now + RECHECK_SOON)


def hold_as_amended(need: NeedAmended, policy: LinkingPolicy) -> Handling:
    """Give back the supply that an amended need with lines, or its new place, rules out; search for missing amounts."""
    work = yield from take_turn(partial(_load_restoration, need))
    link = work.get(Link, need.need_id)
    if (link is None or not is_older(need, link)) and concerns(need, link):
        yield from _hold_again(work, need, policy)


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
    # Amended, by this event or by one that is still on its way here.
    link, more, freed = adopt_request(work, link, need)
    changed |= more
    # Where the end is still on its way, this version makes it the older one.
    again = {"need_version": need.version, "priority": need.score, **_holding(need, work.now, policy)}
    link, more = yield from reserve_lines(work, link.model_copy(update=again))
    announce_link(work, ResourcesLinked, link, changed | more)
    yield from record_short_lines(work, before, link)
    yield from record_money_used(work, before, link)
    if given_back := list_freed(work, freed):
        yield from offer_freed(work, link, given_back)


def _holding(need: Held, now: datetime, policy: LinkingPolicy) -> dict[str, datetime | None]:
    """Return the instants until which the need keeps the parts that it cannot use by themselves."""
    if isinstance(need, EndUndone):
        return {"holds_until": policy.holds_until(now, need.due), "restored_until": None}
    until = policy.holds_until(need.published_at or now, need.due)
    if isinstance(need, NeedExtended | NeedAmended):
        return {"holds_until": until}
    return {"holds_until": until, "restored_until": now + policy.restored_time}


def _load_restoration(need: NeedSnapshot) -> Loading:
    work = yield link_loads(need)
    link = work.get(Link, need.need_id)
    if loads := amendment_loads(link, need):
        yield loads
    if link is None or not is_older(need, link):
        yield [*own_stock_loads(need), *([] if link is None else reservation_loads(link))]
