"""Of the needs that wait, supply serves the most urgent band first, in it the nearest, of these the oldest."""

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
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from services.charity.linking.domain.link import Link
from services.charity.linking.domain.waiting_order import band_at
from services.charity.linking.policy import LinkingPolicy
from shared.contracts.areas import rings_between
from shared.contracts.charity.linking import ResourcesLinked
from shared.contracts.priority_bands import TOP_BAND
from shared.engine.decide.memory import START

PLACES = (COMMUNITY, NEIGHBOUR, OTHER_STREET, OTHER_DISTRICT)
WAITING = st.tuples(st.integers(0, 100), st.sampled_from(PLACES), st.integers(0, 40))
"""Points, community, and hours since the publication."""


def served_by(charity: CharityInMemory, area: str) -> str:
    charity.donate(area, 1)
    return charity.engine.emitted(ResourcesLinked)[-1].need_id


def test_of_equally_urgent_needs_the_nearest_is_served_first(charity: CharityInMemory) -> None:
    charity.publish("need_far", rice(1), score=59, published_at=START, area=OTHER_DISTRICT)
    charity.publish("need_street", rice(1), score=58, published_at=START + HOUR, area=NEIGHBOUR)
    charity.publish("need_here", rice(1), score=41, published_at=START + 2 * HOUR)
    charity.publish("need_urgent", rice(1), score=60, published_at=START + 3 * HOUR, area=OTHER_DISTRICT)
    served = [served_by(charity, COMMUNITY) for _ in range(4)]
    assert served == ["need_urgent", "need_here", "need_street", "need_far"]


def test_a_need_that_has_waited_long_comes_before_nearer_ones(charity: CharityInMemory) -> None:
    charity.publish("need_old", rice(1), score=19, published_at=START - 24 * HOUR, area=OTHER_DISTRICT)
    charity.publish("need_new", rice(1), score=79, published_at=START)
    assert served_by(charity, COMMUNITY) == "need_old", "four bands higher after a day"


def test_a_need_that_lay_as_a_draft_has_waited_as_long_as_one_published_at_once(charity: CharityInMemory) -> None:
    charity.publish("need_new", rice(1), score=79, published_at=START, registered_at=START)
    charity.publish("need_drafted", rice(1), score=19, published_at=START, registered_at=START - 18 * HOUR)
    charity.publish("need_at_once", rice(1), score=19, published_at=START - 17 * HOUR, registered_at=START - 17 * HOUR)
    assert [served_by(charity, COMMUNITY) for _ in range(3)] == ["need_drafted", "need_new", "need_at_once"]


@pytest.mark.parametrize(
    ("score", "waited", "band"),
    [(0, 0, 0), (19, 5.99, 0), (19, 6, 1), (20, 0, 1), (99, 0, 4), (100, 0, 5), (100, 99, 5), (0, 99, 5), (50, -1, 2)],
)
def test_a_band_is_twenty_points_and_rises_every_six_hours(score: int, waited: float, band: int) -> None:
    link = Link(
        id="n", station_id="s", area=COMMUNITY, priority=score, published_at=START - waited * HOUR, need_version=1,
        lines=(),
    )  # fmt: skip
    assert band_at(link, START) == band <= TOP_BAND


@examples(25)
@given(st.lists(WAITING, min_size=1, max_size=8), st.sampled_from(PLACES), st.integers(1, 8))
def test_a_gift_serves_the_first_in_order_whatever_came_when(
    waiting: list[tuple[int, str, int]], area: str, pieces: int
) -> None:
    charity = CharityInMemory(LinkingPolicy())
    for number, (score, place, hours) in enumerate(waiting):
        charity.publish(f"need_{number}", rice(1), score=score, area=place, published_at=START - hours * HOUR)
    charity.donate(area, pieces)

    def order(number: int) -> tuple[int, int, timedelta, int]:
        score, place, hours = waiting[number]
        return -min(5, score // 20 + hours // 6), rings_between(area, place), -hours * HOUR, number

    first = {f"need_{number}" for number in sorted(range(len(waiting)), key=order)[:pieces]}
    assert {f"need_{n}" for n in range(len(waiting)) if charity.state(f"need_{n}") == "committed"} == first


def test_a_release_serves_the_nearest_to_the_freed_supply(charity: CharityInMemory) -> None:
    charity.donate(OTHER_DISTRICT, 1)
    charity.publish("need_1", rice(1))
    charity.publish("need_here", rice(1), published_at=START)
    charity.publish("need_there", rice(1), published_at=START + HOUR, area=OTHER_DISTRICT)
    charity.cancel("need_1", rice(1))
    assert (charity.state("need_there"), charity.state("need_here")) == ("committed", "waiting")
