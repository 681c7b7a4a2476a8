"""Passing on: parts that some needs hold complete others that come before them, see `domain/passing.py`."""

from collections.abc import Generator, Iterable, Sequence
from typing import Final

from services.charity.linking.announcement import ChangedSupply, announce_link
from services.charity.linking.domain.link import Link, committed, given_on
from services.charity.linking.domain.near_to_far import Take, ring_of
from services.charity.linking.domain.passing import Passed, Passing, list_parts, plan_passing
from services.charity.linking.reservation import reservation_loads, reserve_takes, void_reservations
from services.charity.stock.accounts import used_id
from services.charity.stock.domain import Supply
from shared.contracts.charity.linking import ResourcesLinked, Source
from shared.contracts.need_parts import Tried
from shared.contracts.reasons import reason
from shared.engine import Get, Load, UnitOfWork
from shared.ledger import Account

MOST_HELD: Final = 100
"""Reservations that one step looks at; the next one goes on with others."""


def pass_on(work: UnitOfWork, commodity: str, links: Iterable[Link]) -> Generator[Sequence[Load], UnitOfWork, int]:
    """Complete needs by the parts that others hold; one event a need that gives or receives.

    `links` wait for the commodity. Returns the number of needs completed.
    """
    parts = list_parts(links, commodity, work.now)
    held = [(part, source) for part in parts for source in part.sources][:MOST_HELD]
    if not held or len(parts) < 2:
        return 0
    sources: dict[str, list[Source]] = {}
    for part, source in held:
        sources.setdefault(part.link.id, []).append(source)
    loads = [load for part, _ in held for load in reservation_loads(part.link, sources[part.link.id])]
    yield [*dict.fromkeys(loads), *(Get(Account, used_id(part.link.area, commodity)) for part in parts)]
    seen = {source.transfer_id for _, source in held}
    known = [part._replace(sources=tuple(s for s in part.sources if s.transfer_id in seen)) for part in parts]
    accounts = {source.account_id: work.require(Supply, source.account_id, "account_id") for _, source in held}
    plan = plan_passing(known, accounts)
    _carry_out(work, plan)
    return len(plan)


def _carry_out(work: UnitOfWork, plan: Sequence[Passing]) -> None:
    pool: ChangedSupply = {}
    given: dict[str, list[Passed]] = {}
    for passing in plan:
        for passed in passing.passed:
            given.setdefault(passed.giver.link.id, []).append(passed)
    # All parts are given back first, so that an account never has more reserved than it holds.
    for of_link in given.values():
        pool |= void_reservations(work, of_link[0].giver.link, _sources_of(of_link))
    for passing in plan:
        _receive(work, passing, pool)
    for of_link in given.values():
        _keep_rest(work, of_link, pool)


def _receive(work: UnitOfWork, passing: Passing, pool: ChangedSupply) -> None:
    link, line = passing.receiver.link, passing.receiver.line
    takes = []
    tried = []
    for passed in passing.passed:
        supply = pool[passed.source.account_id]
        ring = ring_of(supply, link.station_id, link.area)
        takes.append(Take(supply, ring, passed.amount))
        because = reason("passed_on", gave=passed.amount, commodity=line.commodity)
        tried.append(Tried(ring=ring, gave=passed.amount, reasons=(because,), line_id=line.line_id))
    sources = reserve_takes(work, link, line.line_id, takes, pool)
    after = committed(work.require(Link, link.id, "need_id"), sources, tried)
    announce_link(work, ResourcesLinked, after, _changed_by(sources, pool))


def _keep_rest(work: UnitOfWork, passed: Sequence[Passed], pool: ChangedSupply) -> None:
    link = work.require(Link, passed[0].giver.link.id, "need_id")
    gone: dict[str, int] = {}
    for one in passed:
        gone[one.source.transfer_id] = gone.get(one.source.transfer_id, 0) + one.amount
    touched = _sources_of(passed)
    rest: list[Source] = []
    for source in touched:
        if left := source.amount - gone[source.transfer_id]:
            supply = pool[source.account_id]
            take = Take(supply, ring_of(supply, link.station_id, link.area), left)
            rest += reserve_takes(work, link, source.line_id, [take], pool)
    announce_link(work, ResourcesLinked, given_on(link, gone, rest), _changed_by(touched, pool))


def _sources_of(passed: Iterable[Passed]) -> list[Source]:
    return list({one.source.transfer_id: one.source for one in passed}.values())


def _changed_by(sources: Iterable[Source], pool: ChangedSupply) -> ChangedSupply:
    return {source.account_id: pool[source.account_id] for source in sources}
