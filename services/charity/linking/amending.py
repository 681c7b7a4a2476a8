"""The reservations of an amended need: the surplus is given back, the part that its new place may use stays.

Nothing is edited: a reservation that stays in part, or for the account of another area, is voided and made again in the
same step, so that nobody takes it in between.
"""

from services.charity.linking.announcement import ChangedSupply
from services.charity.linking.domain.amendment import asks_otherwise, is_moved, list_kept, with_request
from services.charity.linking.domain.link import Link
from services.charity.linking.domain.near_to_far import Take, ring_of
from services.charity.linking.guard import guard_loads
from services.charity.linking.reservation import reserve_takes, void_reservations
from services.charity.linking.search import own_stock_loads
from services.charity.stock.domain import Supply, usable
from shared.contracts.charity.linking import Source
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine import Load, UnitOfWork


def amendment_loads(link: Link | None, need: NeedSnapshot) -> list[Load]:
    """Return the further loads of a link whose need has another request; none for any other link.

    The guards of commodities that are asked for no more come a round before any supply of them, see Guard.
    """
    if link is None or not asks_otherwise(link, need):
        return []
    asked = {line.commodity for line in need.lines}
    former = (line.commodity for line in link.lines if line.commodity not in asked)
    return [*guard_loads(former, link.area), *own_stock_loads(need)]


def adopt_request(work: UnitOfWork, link: Link, need: NeedSnapshot) -> tuple[Link, ChangedSupply, list[str]]:
    """Give the link the need's present request; no reservation exceeds it afterwards.

    Where the need has moved to another station, the link keeps the supply that the new station's needs may draw on.
    Returns the link, not yet put, the supply accounts that changed, and the ids of those that something was given back
    to. Needs the reservations and the accounts that the need receives into.
    """
    if not asks_otherwise(link, need):
        return link, {}, []
    kept, moved = list_kept(link, need), is_moved(link, need)
    touched = {s.transfer_id: s for s in link.sources if moved or kept[s.transfer_id] < s.amount}
    pool = void_reservations(work, link, touched.values())
    there = link.model_copy(update={"station_id": need.station_id, "area": need.area})
    sources: list[Source] = []
    freed: dict[str, None] = {}
    for source in link.sources:
        if source.transfer_id not in touched:
            sources.append(source)
            continue
        supply, stays = pool[source.account_id], kept[source.transfer_id]
        if moved:
            stays = min(stays, usable(supply, there.station_id, there.area))
        if stays:
            take = Take(supply, ring_of(supply, there.station_id, there.area), stays)
            sources += reserve_takes(work, there, source.line_id, [take], pool)
        if stays < source.amount:
            freed[source.account_id] = None
    return with_request(link, need, sources), pool, list(freed)


def list_freed(work: UnitOfWork, freed: list[str]) -> ChangedSupply:
    """Return the accounts as they stand after the step, as far as they have something to give."""
    supplies = (work.require(Supply, account_id, "account_id") for account_id in freed)
    return {supply.id: supply for supply in supplies if supply.available}
