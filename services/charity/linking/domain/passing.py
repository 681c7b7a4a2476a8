"""Passing on: a part held by one need goes to other needs that it completes. Pure.

A large need may hold a part of the supply that was free when it came. A later need that comes before it in the order of
shares, because it is more urgent, or as urgent and smaller, would wait beside that part. It receives the part where
that completes it. A need that has its whole request gives nothing, so that passing on ends.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.charity.linking.domain.link import Link, LinkLine
from services.charity.linking.domain.waiting_order import band_at
from services.charity.stock.domain import Supply, usable
from shared.contracts.charity.linking import Source


class Part(NamedTuple):
    """A line that waits, with the reservations that it holds so far, and the band of its need."""

    link: Link
    line: LinkLine
    band: int
    sources: tuple[Source, ...]
    keeps: bool
    """Whether it keeps them: they are of use as they are and its due time is near, or their delivery was taken back."""


class Passed(NamedTuple):
    """An amount of a reservation that goes to another need."""

    giver: Part
    source: Source
    amount: int


class Passing(NamedTuple):
    """A line that is completed by the amounts that others pass on to it."""

    receiver: Part
    passed: tuple[Passed, ...]


def list_parts(links: Iterable[Link], commodity: str, now: datetime) -> list[Part]:
    """Return the lines of the links that wait for the commodity; `now` is city time."""
    return [
        Part(
            link,
            line,
            band_at(link, now),
            tuple(source for source in link.sources if source.line_id == line.line_id),
            keeps=link.restates(now) or (line.is_useful() and not link.holds_on(now)),
        )
        for link in links
        if not link.ended
        for line in link.lines
        if line.commodity == commodity and line.missing
    ]


def plan_passing(parts: Sequence[Part], supplies: Mapping[str, Supply]) -> list[Passing]:
    """Return the lines that the held parts complete, the most urgent first, and among equals the smallest.

    `supplies` are the accounts of all the parts' reservations, by id.
    """
    plan: list[Passing] = []
    left = {source.transfer_id: source.amount for part in parts for source in part.sources}
    gave: set[tuple[str, str]] = set()
    received: set[tuple[str, str]] = set()
    # The least urgent give first, of these the largest.
    holding = (part for part in parts if part.sources and not part.keeps)
    givers = sorted(holding, key=lambda part: (part.band, -part.line.requested, part.link.id))
    for receiver in sorted(parts, key=_order):
        # One that has given misses more than it did.
        if _key(receiver) in gave:
            continue
        able = (giver for giver in givers if _comes_before(receiver, giver) and _key(giver) not in received)
        if passed := _collect(receiver, able, left, supplies):
            plan.append(Passing(receiver, passed))
            received.add(_key(receiver))
            for part in passed:
                left[part.source.transfer_id] -= part.amount
                gave.add(_key(part.giver))
    return plan


def _key(part: Part) -> tuple[str, str]:
    return part.link.id, part.line.line_id


def _order(part: Part) -> tuple[int, int, datetime, str, str]:
    return -part.band, part.line.requested.bit_length(), part.link.waiting_since, *_key(part)


def _comes_before(receiver: Part, giver: Part) -> bool:
    """Return whether the receiver is more urgent than the giver, or as urgent and of a smaller size."""
    if giver.link.id == receiver.link.id or receiver.band < giver.band:
        return False
    smaller = receiver.line.requested.bit_length() < giver.line.requested.bit_length()
    return receiver.band > giver.band or smaller


def _collect(
    receiver: Part, givers: Iterable[Part], left: Mapping[str, int], supplies: Mapping[str, Supply]
) -> tuple[Passed, ...]:
    """Return the amounts that complete the receiver; none where they do not suffice or come from too many accounts."""
    found: list[Passed] = []
    missing = receiver.line.missing
    for giver in givers:
        for source in giver.sources:
            held = left[source.transfer_id]
            amount = min(missing, held, _usable_part(supplies[source.account_id], held, receiver.link))
            if amount > 0:
                found.append(Passed(giver, source, amount))
                missing -= amount
            if not missing:
                return tuple(found) if len(found) <= receiver.link.room else ()
    return ()


def _usable_part(supply: Supply, held: int, link: Link) -> int:
    # As if the part were given back first: the account must reach the receiver, and keep its reserve.
    freed = supply.model_copy(update={"debits_pending": supply.debits_pending - held})
    return usable(freed, link.station_id, link.area)
