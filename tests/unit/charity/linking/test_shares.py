"""Scarce supply is shared: many small needs are served wholly before one large one is served in part."""

from datetime import timedelta

import pytest
from charity_in_memory import (
    COMMUNITY,
    HOUR,
    NEIGHBOUR,
    OTHER_DISTRICT,
    OTHER_STREET,
    CharityInMemory,
    rice,
)

from shared.contracts.need_parts import Line
from shared.engine.decide.memory import START
from shared.ledger import Transfer

SOON = timedelta(seconds=3)
REST = timedelta(seconds=30)
"""Rechecks follow each other for as long as they serve anybody."""
PLACES = (COMMUNITY, NEIGHBOUR, OTHER_STREET, OTHER_DISTRICT)


def held(charity: CharityInMemory, *needs: str) -> list[int]:
    return [charity.committed(need)[0] for need in needs]


def part_of(line: Line, **more: object) -> Line:
    """The line with other rules for its parts."""
    return line.model_copy(update=more)


# ---- a gift ----------------------------------------------------------------------------------------------------


def test_a_gift_serves_fifty_small_needs_before_a_large_one_of_the_same_band(charity: CharityInMemory) -> None:
    charity.publish("need_large", rice(1000), score=51)
    small = [f"need_{n}" for n in range(50)]
    for need in small:
        charity.publish(need, rice(2), score=50, published_at=START + HOUR)
    charity.donate(COMMUNITY, 101)
    assert {charity.state(need) for need in small} == {"committed"}
    assert held(charity, "need_large") == [1], "the rest goes to the large one"


def test_those_that_cannot_be_completed_have_equal_shares(charity: CharityInMemory) -> None:
    for number, asked in enumerate((300, 1000, 20)):
        charity.publish(f"need_{number}", rice(asked))
    charity.donate(COMMUNITY, 19)
    assert sorted(held(charity, "need_0", "need_1", "need_2")) == [6, 6, 7]
    tried = {t.ring: t for t in charity.link("need_1").tried}
    assert tried["station"].reasons[0].code == "gave_share"


def test_the_most_urgent_band_comes_first_whatever_it_asks_for(charity: CharityInMemory) -> None:
    charity.publish("need_small", rice(2), score=50)
    charity.publish("need_large", rice(1000), score=99)
    charity.donate(COMMUNITY, 10)
    assert held(charity, "need_small", "need_large") == [0, 10]


def test_of_like_sizes_the_oldest_comes_first(charity: CharityInMemory) -> None:
    charity.publish("need_new", rice(4), published_at=START + HOUR)
    charity.publish("need_old", rice(5), published_at=START)
    charity.donate(COMMUNITY, 5)
    assert held(charity, "need_new", "need_old") == [0, 5]


def test_a_need_that_has_waited_for_long_is_no_longer_behind_one_of_more_points(charity: CharityInMemory) -> None:
    charity.publish("need_large", rice(1000), score=60)
    charity.publish("need_old", rice(2), score=59, published_at=START - 60 * 24 * HOUR)
    charity.donate(COMMUNITY, 10)
    assert held(charity, "need_old", "need_large") == [2, 8]


# ---- parts that are held ---------------------------------------------------------------------------------------


def test_a_part_that_a_large_need_holds_goes_on_to_the_small_ones_that_come_later(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 100)
    charity.publish("need_large", rice(1000), score=51)
    assert held(charity, "need_large") == [100]
    small = [f"need_{n}" for n in range(49)]
    for need in small:
        charity.publish(need, rice(2), score=50)
    charity.engine.advance(SOON)
    assert {charity.state(need) for need in small} == {"committed"}
    assert held(charity, "need_large") == [2]
    assert charity.link("need_large").state == "partial"
    assert charity.broken_laws() == []
    tried = {t.ring: t for t in charity.link("need_large").tried}
    assert (tried["station"].gave, tried["station"].reasons[0].code) == (2, "given_on")
    assert charity.link("need_0").tried[0].reasons[0].code in {"passed_on", "station_has_none"}
    pending = {t.id: t.amount for t in charity.engine.all(Transfer) if t.state == "pending"}
    assert sum(pending.values()) == 100


def test_a_part_goes_on_to_a_more_urgent_need_of_any_size(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 10)
    charity.publish("need_first", rice(12), score=10)
    charity.publish("need_urgent", rice(9), score=90)
    charity.engine.advance(SOON)
    assert held(charity, "need_first", "need_urgent") == [1, 9]


@pytest.mark.parametrize(
    ("score", "asked"), [(39, 9), (50, 9), (90, 11)], ids=["less urgent", "of its size", "too much"]
)
def test_a_part_stays_with_a_need_that_comes_before_the_others(
    charity: CharityInMemory, score: int, asked: int
) -> None:
    charity.donate(COMMUNITY, 10)
    charity.publish("need_first", rice(12), score=50)
    charity.publish("need_late", rice(asked), score=score)
    charity.engine.advance(SOON)
    assert held(charity, "need_first", "need_late") == [10, 0]


def test_a_need_that_has_all_it_asked_for_gives_nothing(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 10)
    charity.publish("need_whole", rice(10), score=10)
    charity.publish("need_urgent", rice(1), score=99)
    charity.engine.advance(SOON)
    assert held(charity, "need_whole", "need_urgent") == [10, 0]


def test_a_part_that_a_need_can_use_stays_with_it_once_its_due_time_is_near(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 10)
    charity.publish("need_large", rice(100), score=99, published_at=START)
    charity.engine.advance(6.5 * HOUR)
    charity.publish("need_small", rice(2), score=99, published_at=charity.engine.now)
    charity.engine.advance(SOON)
    assert held(charity, "need_large", "need_small") == [10, 0]


def test_a_less_urgent_need_receives_nothing_of_a_more_urgent_one_however_small_it_is(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 40)
    charity.publish("need_large", rice(100), score=99)
    charity.publish("need_small", rice(20), score=10)
    charity.engine.advance(HOUR)
    assert held(charity, "need_large", "need_small") == [40, 0]


def test_one_line_of_a_need_receives_nothing_of_another_line(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 40)
    charity.publish("need_1", rice(100), rice(20, "l2"))
    before = charity.committed("need_1")
    charity.engine.advance(HOUR)
    assert charity.committed("need_1") == before


# ---- parts that are of no use ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [part_of(rice(100), divisible=False), part_of(rice(100), min_useful=50)],
    ids=["not divisible", "less than is useful"],
)
def test_a_part_that_a_need_cannot_use_is_offered_on_before_it_is_due(charity: CharityInMemory, line: Line) -> None:
    charity.donate(COMMUNITY, 40)
    charity.publish("need_large", line, score=99)
    charity.publish("need_later", rice(70), score=10)
    charity.engine.advance(5 * HOUR)
    assert held(charity, "need_large", "need_later") == [40, 0], "until then it may be completed"
    charity.engine.advance(2 * HOUR)
    assert held(charity, "need_large", "need_later") == [0, 40]
    charity.donate(COMMUNITY, 100)
    assert held(charity, "need_large", "need_later") == [100, 40], "all of it at once is welcome still"
    assert charity.broken_laws() == []


def test_a_need_that_is_due_soon_takes_no_part_that_it_cannot_use(charity: CharityInMemory) -> None:
    charity.donate(COMMUNITY, 40)
    charity.engine.advance(7.5 * HOUR)
    charity.publish("need_1", part_of(rice(100), divisible=False))
    assert held(charity, "need_1") == [0]
    tried = {t.ring: t for t in charity.link("need_1").tried}
    assert (tried["station"].gave, tried["station"].reasons[0].code) == (0, "part_of_no_use")
    charity.publish("need_2", rice(40))
    assert charity.state("need_2") == "committed"


def test_a_line_takes_no_share_below_the_least_that_is_useful(charity: CharityInMemory) -> None:
    charity.publish("need_kits", part_of(rice(100), min_useful=50), published_at=START - HOUR)
    charity.publish("need_rice", rice(100))
    charity.donate(COMMUNITY, 60)
    assert held(charity, "need_kits", "need_rice") == [0, 60]
