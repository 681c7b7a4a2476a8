"""Making up (补足): a delivery that the books lack is posted from supply that is free, at once or at a later try.

A station states the amounts that it has handed out, and charity may have passed a part of them on to another need
before the station heard of it. They are not taken back: they are posted from free supply, and the rest stands as a
shortfall of the station until supply is free for it, or the confirmation is undone. Needs that wait come first.
"""

from collections.abc import Generator, Sequence
from typing import Final

from services.charity.linking.announcement import announce_link
from services.charity.linking.domain.link import Link
from services.charity.linking.domain.unheld import made_up
from services.charity.linking.money_used import record_money_used
from services.charity.linking.reservation import settle_reservations
from services.charity.linking.search import reserve_unheld, unheld_loads
from services.charity.shortfalls.domain import DeliveryShort, Shortfall, owed_for, part_of
from services.charity.shortfalls.recording import record_shortfall, shortfall_loads, try_again
from shared.contracts.charity.linking import ResourcesDelivered
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork


def record_short_lines(
    work: UnitOfWork, before: Link | None, after: Link
) -> Generator[Sequence[Load], UnitOfWork, None]:
    """Record the shortfall of each line that has one now, or had one before."""
    lines = {nth for link in (before, after) if link is not None for nth, short in enumerate(link.short) if short}
    if lines:
        owed = [_owed(after, nth, work) for nth in sorted(lines)]
        yield shortfall_loads(owed)
        for shortfall in owed:
            record_shortfall(work, shortfall)


def make_up_delivery(message: Incoming[DeliveryShort]) -> Handling:
    """Post the free part of a delivery that the books lack; schedule another try for the rest."""
    work = yield [Get(Shortfall, message.data.id)]
    seen = work.get(Shortfall, message.data.id)
    if seen is None or seen.state != "open" or seen.need_id is None:
        return
    work = yield [Get(Link, seen.need_id)]
    if (link := work.get(Link, seen.need_id)) is not None and link.short:
        yield unheld_loads(link, _unheld(link, seen))
    work = yield TURN
    shortfall = work.require(Shortfall, seen.id, "id")
    link = work.require(Link, seen.need_id, "need_id")
    held, changed = yield from reserve_unheld(work, link, _unheld(link, shortfall))
    sources = held.sources[len(link.sources) :]
    if not sources:
        try_again(work, shortfall)
        return
    settled = settle_reservations(work, link, [(source, source.amount) for source in sources])
    after = made_up(link, part_of(shortfall), settled.sources)
    announce_link(work, ResourcesDelivered, after, changed | settled.changed)
    yield from record_short_lines(work, link, after)
    yield from record_money_used(work, link, after)


def _unheld(link: Link, shortfall: Shortfall) -> dict[str, int]:
    nth = part_of(shortfall)
    return {link.lines[nth].line_id: link.short[nth]} if link.short and link.short[nth] else {}


def _owed(link: Link, nth: int, work: UnitOfWork) -> Shortfall:
    """Return the shortfall of a line as it would be opened now."""
    missing = link.short[nth] if link.short else 0
    return owed_for(
        (link.id, nth), link.area, link.lines[nth].commodity, missing, work.now,
        kind="delivery", need_id=link.id, station_id=link.station_id,
    )  # fmt: skip


HANDLERS: Final[HandlerTable] = {DeliveryShort: make_up_delivery}
