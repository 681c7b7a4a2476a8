"""A station has handed out more than the books hold for its need: it is made up, or named until it is."""

from datetime import timedelta

import pytest
from charity_in_memory import COMMUNITY, HOUR, NEIGHBOUR, RICE, CharityInMemory, rice

from services.charity.shortfalls.domain import Shortfall
from shared.contracts.charity.linking import ResourcesDelivered
from shared.contracts.charity.shortfalls import ShortfallChanged, ShortfallClosed, ShortfallOpened


@pytest.fixture
def passed_on(charity: CharityInMemory) -> CharityInMemory:
    """A need of six held four; three of them completed another before its station heard of it, and it states four."""
    charity.donate(COMMUNITY, 4)
    charity.publish("need_1", rice(6))
    charity.publish("need_2", rice(3))
    charity.engine.advance(timedelta(seconds=3))
    assert (charity.committed("need_1"), charity.committed("need_2")) == ([1], [3])
    return charity


def test_what_was_given_back_meanwhile_is_taken_from_free_supply_the_stations_own_first(
    charity: CharityInMemory,
) -> None:
    charity.donate(NEIGHBOUR, 1)
    charity.donate(COMMUNITY, 4)
    beds = rice(6).model_copy(update={"divisible": False})
    charity.publish("need_1", beds)
    assert charity.committed("need_1") == [5]
    charity.engine.advance(6 * HOUR)
    assert charity.committed("need_1") == [0], "a part is of no use shortly before the due time"
    charity.confirm("need_1", beds, delivered=(4,))
    assert charity.rings("need_1") == [("station", 4)]
    assert (charity.available(COMMUNITY), charity.available(NEIGHBOUR)) == (0, 1)
    assert charity.engine.emitted(ShortfallOpened) == []
    assert charity.broken_laws() == []


def test_what_nothing_is_free_for_is_a_shortfall_of_the_station_with_a_deadline(passed_on: CharityInMemory) -> None:
    passed_on.confirm("need_1", rice(6), delivered=(4,))
    (event,) = passed_on.engine.emitted(ResourcesDelivered)
    assert [(amount.committed, amount.fulfilled) for amount in event.amounts] == [(1, 1)]
    (waiting,) = event.waiting
    assert (waiting.for_what.args["missing"], waiting.reason.code) == (3, "delivered_beyond_supply")
    (opened,) = passed_on.engine.emitted(ShortfallOpened)
    assert (opened.kind, opened.need_id, opened.station_id) == ("delivery", "need_1", f"st_{COMMUNITY}")
    assert (opened.commodity, opened.amount, opened.missing, opened.state) == (RICE, 3, 3, "open")
    assert opened.due - opened.opened_at == timedelta(days=7)
    assert opened.next_step is not None
    assert (opened.next_step.code, opened.next_step.due) == ("make_up_shortfall", opened.due)
    assert passed_on.broken_laws() == []


def test_supply_that_is_free_later_makes_it_up_in_part_and_then_wholly(passed_on: CharityInMemory) -> None:
    passed_on.confirm("need_1", rice(6), delivered=(4,))
    passed_on.donate(NEIGHBOUR, 2)
    passed_on.engine.advance(HOUR)
    (changed,) = passed_on.engine.emitted(ShortfallChanged)
    assert (changed.amount, changed.missing, changed.state) == (3, 1, "open")
    passed_on.donate(COMMUNITY, 5)
    passed_on.engine.advance(HOUR)
    (closed,) = passed_on.engine.emitted(ShortfallClosed)
    assert (closed.missing, closed.state, closed.next_step) == (0, "closed", None)
    last = passed_on.engine.emitted(ResourcesDelivered)[-1]
    assert ([amount.fulfilled for amount in last.amounts], last.waiting) == ([4], ())
    assert passed_on.available(COMMUNITY) == 4
    assert passed_on.broken_laws() == []


def test_a_shortfall_is_looked_at_for_as_long_as_it_is_open(passed_on: CharityInMemory) -> None:
    passed_on.confirm("need_1", rice(6), delivered=(4,))
    for _ in range(3):
        passed_on.engine.advance(timedelta(days=4))
    assert passed_on.engine.emitted(ShortfallChanged) == [], "nothing has changed"
    passed_on.donate(COMMUNITY, 3)
    passed_on.engine.advance(HOUR)
    assert len(passed_on.engine.emitted(ShortfallClosed)) == 1


@pytest.mark.parametrize("end", ["undo", "restate", "cancel"])
def test_a_statement_that_is_taken_back_takes_its_shortfall_with_it(passed_on: CharityInMemory, end: str) -> None:
    passed_on.confirm("need_1", rice(6), delivered=(4,))
    if end == "restate":
        passed_on.confirm("need_1", rice(6), version=9, delivered=(1,))
    else:
        getattr(passed_on, end)("need_1", rice(6))
    (shortfall,) = passed_on.engine.all(Shortfall)
    assert (shortfall.state, shortfall.missing) == ("closed", 0)
    assert passed_on.link("need_1").short == ()
    assert passed_on.broken_laws() == []


def test_the_same_statement_again_after_an_undoing_opens_it_again(passed_on: CharityInMemory) -> None:
    passed_on.confirm("need_1", rice(6), delivered=(4,))
    passed_on.undo("need_1", rice(6))
    passed_on.engine.advance(timedelta(days=1))
    passed_on.confirm("need_1", rice(6), version=9, delivered=(4,))
    again = passed_on.engine.emitted(ShortfallOpened)[-1]
    assert (again.missing, again.state) == (3, "open")
    assert again.due - again.opened_at == timedelta(days=7)


def test_the_same_statement_of_a_higher_version_changes_no_shortfall(passed_on: CharityInMemory) -> None:
    passed_on.confirm("need_1", rice(6), delivered=(4,))
    passed_on.confirm("need_1", rice(6), version=9, delivered=(4,))
    (shortfall,) = passed_on.engine.all(Shortfall)
    assert (shortfall.version, shortfall.missing) == (1, 3)
    assert passed_on.link("need_1").short == (3,)
