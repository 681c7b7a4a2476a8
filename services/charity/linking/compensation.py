"""Compensation: a need that ends without service gives back its reservations, and the freed supply serves others.

Linking was the first step of a saga, in one transaction of this service; the compensating step voids each pending
transfer in another (Garcia-Molina and Salem, Sagas, 1987, https://doi.org/10.1145/38713.38742). Nothing is deleted:
the voided transfers keep the record.
"""

from collections.abc import Generator, Sequence

from services.charity.linking.announcement import announce_link
from services.charity.linking.domain.link import Link, given_on, released
from services.charity.linking.guard import get_guard
from services.charity.linking.reservation import close_reservations, reservation_loads
from services.charity.linking.search import link_loads
from services.charity.linking.waiting_list import places_of, serve_waiting_list, waiting_loads
from services.charity.stock.domain import Supply
from shared.contracts.charity.linking import ResourcesLinked, ResourcesReleased
from shared.contracts.stations.needs import NeedSnapshot
from shared.engine import Load, Loading, UnitOfWork
from shared.ledger import void


def load_release(need: NeedSnapshot) -> Loading:
    """Load the link with its guards, then its reservations, then the needs that wait for the same, nearest first.

    The guards come a round before the waiting list: a need that another replica lets wait at the same moment then
    conflicts with this release instead of missing the freed supply (see Guard).
    """
    work = yield link_loads(need)
    link = work.get(Link, need.need_id)
    if link is not None and not link.ended:
        work = yield reservation_loads(link)
        supplies = (work.get(Supply, source.account_id) for source in link.sources)
        yield waiting_loads(places_of(supply for supply in supplies if supply is not None), work.now)


def give_back_reservations(
    work: UnitOfWork, link: Link, need_version: int
) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Void every reservation of the link, announce the release, then serve the waiting list with the freed supply."""
    freed = close_reservations(work, link, void)
    announce_link(work, ResourcesReleased, released(link, need_version), freed)
    for commodity in dict.fromkeys(supply.commodity for supply in freed.values()):
        work.put(get_guard(work, commodity, link.area))
    yield from serve_waiting_list(work, list(freed.values()))


def give_back_parts(work: UnitOfWork, link: Link) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Void the reservations of the lines that cannot use what they hold, then serve the waiting list with it.

    The need itself waits on: it may still have all of the line, or a part that it can use, at once.
    """
    idle = {line.line_id for line in link.idle_lines}
    sources = [source for source in link.sources if source.line_id in idle]
    if link.ended or not sources:
        return
    freed = close_reservations(work, link, void, sources)
    after = given_on(link, {source.transfer_id: source.amount for source in sources})
    announce_link(work, ResourcesLinked, after, freed)
    for commodity in dict.fromkeys(supply.commodity for supply in freed.values()):
        work.put(get_guard(work, commodity, link.area))
    yield from serve_waiting_list(work, list(freed.values()))
