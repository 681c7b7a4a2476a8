"""A small city keeps the bounds of fairness; `make fairness` compares a season with an optimum."""

from functools import cache

import pytest

from tests.fairness.city import City
from tests.fairness.figures import Figures, group_by, measure, share_of, share_of_line
from tests.fairness.scenario import LEVELS, Asked, Level, draw_scenario


@cache
def played(level: Level) -> Figures:
    return play(level)


def play(level: Level) -> Figures:
    city = City(draw_scenario(0, level, days=4, communities=8))
    city.play()
    return measure(city)


@pytest.mark.parametrize("level", LEVELS)
def test_no_stock_is_left_while_somebody_waits_and_nobody_is_asked_too_often(level: Level) -> None:
    figures = played(level)
    assert figures.missed == ()
    assert figures.asked_too_often == 0
    assert figures.most_asked > 0, "somebody is asked, or the bound says nothing"


def test_where_supply_is_rich_nearly_all_are_served_and_where_it_is_scarce_fewer() -> None:
    wholly = {level: sum(one.share >= 1 for one in played(level).served) for level in LEVELS}
    assert wholly["scarce"] < wholly["rich"]
    assert wholly["rich"] >= 0.9 * len(played("rich").served)
    bands = [group.name for group in group_by(played("rich").served, "band")]
    assert bands == sorted(bands, reverse=True)


def test_one_seed_draws_and_plays_the_same_city() -> None:
    assert play("scarce") == played("scarce")


@pytest.mark.parametrize(
    ("line", "amount", "share"),
    [
        (Asked("quilt", 4, divisible=True, min_useful=1), 1, 0.25),
        (Asked("quilt", 4, divisible=True, min_useful=3), 2, 0.0),
        (Asked("quilt", 4, divisible=True, min_useful=3), 3, 0.75),
        (Asked("quilt", 4, divisible=False, min_useful=1), 3, 0.0),
        (Asked("quilt", 4, divisible=False, min_useful=1), 4, 1.0),
    ],
)
def test_a_part_of_no_use_serves_nobody(line: Asked, amount: int, share: float) -> None:
    assert share_of_line(line, amount) == share


def test_goods_for_a_need_to_which_nobody_came_serve_nobody() -> None:
    need = next(n for n in draw_scenario(3, "rich", 9, 9).needs if n.lines and n.headcount)
    amounts = [line.quantity for line in need.lines]
    assert share_of(need, amounts, 0) == 0
    assert share_of(need, amounts, need.headcount) == 1
