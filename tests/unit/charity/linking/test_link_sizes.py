"""The largest links and gifts that the rules allow: their events stay within the size of an event."""

from datetime import timedelta

from charity_in_memory import CharityInMemory

from services.charity.linking.domain.link import MAX_SOURCES, Link
from services.charity.stock.domain import Supply, new_stock
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked
from shared.contracts.charity.stock import StockMoved
from shared.contracts.envelope import MAX_EVENT_BYTES
from shared.contracts.need_parts import Line
from shared.engine.decide.limits import encode_event

LINES = 20
MUCH = 10**14


def code(nth: int) -> str:
    """The code of an item, as long as a code may be."""
    return f"item_{nth:02}".ljust(48, "x")


def station(nth: int) -> tuple[str, str]:
    """A station of the city and its area."""
    return f"station_{nth:020}", f"1101{nth // 10 + 1:02}{nth % 10 + 1:03}017"


def full_house() -> CharityInMemory:
    """Twenty stations, each with a little of twenty items."""
    charity = CharityInMemory()
    for place in range(20):
        holder, area = station(place)
        for nth in range(LINES):
            empty = new_stock(holder, area, f"goods:{code(nth)}")
            stock = empty.model_copy(update={"version": 1, "credits_posted": MUCH + place})
            charity.engine.entities[Supply, stock.id] = stock
    return charity


def largest_need() -> tuple[Line, ...]:
    lines = (
        Line(id=f"l{n + 1}", kind="goods", item=code(n), unit="x" * 48, base_unit="x" * 48, requested=30 * MUCH)
        for n in range(LINES)
    )
    return tuple(lines)


def test_twenty_lines_over_twenty_stations_are_linked_and_delivered_within_the_size_of_an_event() -> None:
    charity = full_house()
    charity.publish("need_" + "1" * 20, *largest_need())
    charity.engine.advance(timedelta(hours=1))
    (link,) = charity.engine.all(Link)
    assert len(link.sources) == MAX_SOURCES
    charity.confirm(link.id, *largest_need())
    charity.engine.advance(timedelta(hours=1))
    delivered = charity.engine.one(Link, link.id)
    assert delivered.state == "delivered"
    assert sum(line.fulfilled for line in delivered.lines) == sum(source.amount for source in link.sources)
    assert max(len(encode_event(event)) for event in charity.engine.events) <= MAX_EVENT_BYTES


def test_what_does_not_fit_into_the_event_of_the_link_is_told_in_events_about_stock() -> None:
    charity = full_house()
    charity.publish("need_" + "1" * 20, *largest_need())
    charity.engine.advance(timedelta(hours=1))
    (link,) = charity.engine.all(Link)
    charity.confirm(link.id, *largest_need())
    told: dict[str, tuple[int, int, int]] = {}
    for kind in (ResourcesLinked, ResourcesDelivered, StockMoved):
        for account in (account for event in charity.engine.emitted(kind) for account in event.stock):
            now = account.version, account.balance, account.reserved
            told[account.account_id] = max(now, told.get(account.account_id, now))
    changed = [s for s in charity.engine.all(Supply) if s.version >= 2]
    assert charity.engine.emitted(StockMoved), "the case is large enough"
    assert told == {s.id: (s.version, s.balance, s.debits_pending) for s in changed}
