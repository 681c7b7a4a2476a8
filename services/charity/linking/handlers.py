"""What happens to needs: published, served, confirmed, cancelled, unmet; in any order and repeatedly."""

from collections.abc import Sequence

from services.charity.linking.domain.link import SAYS, Link, delivered, opened, released, snapshot
from services.charity.linking.reservation import Changed, Policy, guard_of, settle, settlement_loads, views
from services.charity.linking.search import first_loads, own_loads, reserve_lines, search_loads
from services.charity.linking.waiting_list import serve, waiting_loads
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedPublished, NeedServed, NeedUnmet
from shared.engine import TURN, Handlers, Handling, Incoming, UnitOfWork
from shared.engine.decide.loads import Load
from shared.ledger import post, void


def register(handlers: Handlers, policy: Policy) -> None:
    """Answer the events about needs."""

    @handlers.on(NeedPublished)
    def link_need(message: Incoming[NeedPublished]) -> Handling:
        need = message.data
        if not need.lines:
            return
        yield first_loads(need)
        work = yield own_loads(need)
        if search := search_loads(work, need):
            yield search
        work = yield TURN
        if work.get(Link, need.need_id) is None:
            link, changed = yield from reserve_lines(work, opened(need, work.now), policy)
            _say(work, ResourcesLinked, link, changed)

    @handlers.on(NeedServed, NeedConfirmed)
    def deliver(message: Incoming[NeedServed | NeedConfirmed]) -> Handling:
        need = message.data
        if not need.lines:
            return
        work = yield first_loads(need)
        seen = work.get(Link, need.need_id)
        yield own_loads(need) if seen is None else settlement_loads(seen)
        work = yield TURN
        link = work.get(Link, need.need_id)
        if link is not None and link.ended:
            return
        changed: Changed = {}
        if link is None:
            # Heard before its publication: link it first; the publication will find the work done.
            link, changed = yield from reserve_lines(work, opened(need, work.now), policy)
        changed |= settle(work, link, post)
        _say(work, ResourcesDelivered, delivered(link, need.version), changed)

    @handlers.on(NeedCancelled, NeedUnmet)
    def release(message: Incoming[NeedCancelled | NeedUnmet]) -> Handling:
        need = message.data
        if not need.lines:
            return
        work = yield first_loads(need)
        seen = work.get(Link, need.need_id)
        if seen is not None:
            yield _release_loads(seen)
        work = yield TURN
        link = work.get(Link, need.need_id)
        if link is None:
            # Heard before its publication: leave a tombstone, so that the publication links nothing.
            _say(work, ResourcesReleased, released(opened(need, work.now), need.version), {})
            return
        if link.ended:
            return
        if seen is None or seen.version != link.version:
            yield _release_loads(link)
        freed = settle(work, link, void)
        _say(work, ResourcesReleased, released(link, need.version), freed)
        for commodity in dict.fromkeys(supply.commodity for supply in freed.values()):
            work.put(guard_of(work, commodity, link.area))
        yield from serve(work, list(freed.values()), link.area)


def _release_loads(link: Link) -> Sequence[Load]:
    reserved = (line.commodity for line in link.lines if line.committed)
    return [*settlement_loads(link), *waiting_loads(reserved, link.area)]


def _say(work: UnitOfWork, kind: type[SAYS], link: Link, changed: Changed) -> None:
    put = work.put(link)
    work.emit(snapshot(kind, put, views(changed)), about=put, area=put.area)
