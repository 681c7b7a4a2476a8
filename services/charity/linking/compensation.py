"""Compensation: a need that ends gives back its undelivered reservations, and the freed supply serves others.

Linking was the first step of a saga, in one transaction of this service; the compensating step voids each pending
transfer in another (Garcia-Molina and Salem, Sagas, 1987, https://doi.org/10.1145/38713.38742). Nothing is deleted:
the voided transfers keep the record.
"""

from collections.abc import Generator, Iterable, Sequence

from services.charity.linking.amending import amendment_loads
from services.charity.linking.announcement import ChangedSupply, announce_link
from services.charity.linking.domain.amendment import asks_otherwise, with_request
from services.charity.linking.domain.link import Link, given_on, is_older, released
from services.charity.linking.guard import get_guard
from services.charity.linking.reservation import reservation_loads, void_reservations
from services.charity.linking.search import link_loads
from services.charity.linking.waiting_list import places_of, serve_waiting_list, waiting_loads
from services.charity.stock.domain import Supply
from shared.contracts.charity.linking import ResourcesLinked, ResourcesReleased, Source
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine import Load, Loading, UnitOfWork


def load_release(need: NeedSnapshot) -> Loading:
    """Load the link with its guards, then its reservations, then the needs that wait for this supply, nearest first.

    The guards come a round before the waiting list: a need that another replica lets wait at the same moment then
    conflicts with this release instead of missing the freed supply (see Guard).
    """
    work = yield link_loads(need)
    link = work.get(Link, need.need_id)
    if loads := amendment_loads(link, need):
        work = yield loads
    if link is not None and link.state != "released" and not is_older(need, link):
        work = yield reservation_loads(link)
        yield freed_loads(work, link.sources)


def freed_loads(work: UnitOfWork, freed: Iterable[Source]) -> Sequence[Load]:
    """Return the loads of the needs that wait for the supply of these reservations. Their accounts must be loaded."""
    supplies = (work.get(Supply, source.account_id) for source in freed)
    return waiting_loads(places_of(supply for supply in supplies if supply is not None), work.now)


def give_back_reservations(
    work: UnitOfWork, link: Link, need: NeedSnapshot, changed: ChangedSupply
) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Void every reservation of the link, announce the release, then serve the waiting list with the freed supply.

    `changed` holds the supply accounts that the step has changed before.
    """
    freed = void_reservations(work, link)
    # The need may have been amended before its end: its last request is on record.
    known = with_request(link, need, link.sources) if asks_otherwise(link, need) else link
    announce_link(work, ResourcesReleased, released(known, need.version), changed | freed)
    yield from offer_freed(work, link, freed)


def offer_freed(work: UnitOfWork, link: Link, freed: ChangedSupply) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Serve the waiting list with the supply that the link has given back, `freed_loads` being loaded."""
    for commodity in dict.fromkeys(supply.commodity for supply in freed.values()):
        work.put(get_guard(work, commodity, link.area))
    yield from serve_waiting_list(work, list(freed.values()))


def give_back_parts(work: UnitOfWork, link: Link) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Void the reservations of the lines that cannot use them, then serve the waiting list with the freed supply.

    The need itself waits on: it may still have all of the line, or a part that it can use, at once.
    """
    idle = {line.line_id for line in link.idle_lines}
    sources = [source for source in link.sources if source.line_id in idle]
    if link.ended or not sources:
        return
    freed = void_reservations(work, link, sources)
    after = given_on(link, {source.transfer_id: source.amount for source in sources})
    announce_link(work, ResourcesLinked, after, freed)
    yield from offer_freed(work, link, freed)
