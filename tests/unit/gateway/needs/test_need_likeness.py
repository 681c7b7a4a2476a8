"""Needs that may be registered twice: the same place and theme, the most alike first."""

from itertools import combinations, product
from typing import Any

import pytest

from services.gateway.features.needs.likeness import (
    MOST_FOUND,
    Shared,
    Traits,
    find_alike,
    likeness_of,
    traits_of_view,
)
from shared.contracts.need_parts import Place

HERE = Place(lon=116.35, lat=39.93)


def need(need_id: str, **changes: Any) -> Traits:
    traits: dict[str, Any] = {
        "need_id": need_id, "station_id": "station_1", "likeness": likeness_of("elderly_care", HERE),
        "theme": "elderly_care", "groups": frozenset({"elderly"}), "items": frozenset({"quilt"}), **changes,
    }  # fmt: skip
    return Traits(**traits)


def codes(of: Traits, *others: Traits) -> dict[str, list[str]]:
    return {each.need_id: [part.code for part in each.parts] for each in find_alike(of, others)}


def test_a_need_is_like_those_of_the_same_place_and_theme_and_never_like_itself() -> None:
    elsewhere = need("need_3", likeness=likeness_of("elderly_care", Place(lon=116.36, lat=39.93)))
    other_theme = need("need_4", likeness=likeness_of("children", HERE))
    assert list(codes(need("need_1"), need("need_1"), need("need_2"), elsewhere, other_theme)) == ["need_2"]


def test_the_most_alike_come_first_and_then_the_newest_each_with_its_parts() -> None:
    few = need("need_9", groups=frozenset({"children"}), items=frozenset({"rice"}), station_id="station_2")
    found = codes(need("need_1"), few, need("need_2"), need("need_3"))
    whole = ["alike_place_and_theme", "alike_groups", "alike_items", "alike_station"]
    assert found == {"need_3": whole, "need_2": whole, "need_9": ["alike_place_and_theme"]}
    assert list(found) == ["need_3", "need_2", "need_9"]


def test_a_caller_is_warned_of_a_few_alone() -> None:
    assert len(codes(need("need_0"), *(need(f"need_{nth}") for nth in range(1, 30)))) == MOST_FOUND


def test_a_need_for_money_and_one_for_goods_have_no_item_in_common() -> None:
    shown = {"theme": "health", "lines": [{"kind": "money"}], "beneficiary_groups": ["elderly"]}
    money = traits_of_view("need_1", "station_1", "x", shown)
    assert (money.items, money.groups) == (frozenset({"money"}), frozenset({"elderly"}))


def test_needs_about_the_same_people_are_alike_wherever_they_are_and_come_first() -> None:
    far = likeness_of("elderly_care", Place(lon=116.99, lat=39.93))
    others = [need("need_9"), need("need_3", likeness=far), need("need_4", likeness=far)]
    others.append(need("need_5", likeness=likeness_of("children", HERE), theme="children"))
    beside: Any = {"need_3": "household", "need_4": "resident", "need_5": "resident"}
    found = {each.need_id: [part.code for part in each.parts] for each in find_alike(need("need_1"), others, beside)}
    assert list(found) == ["need_4", "need_3", "need_9"], "another theme is another need"
    assert found["need_4"][:2] == ["alike_resident", "alike_theme"]
    assert found["need_3"][:2] == ["alike_household", "alike_theme"]


@pytest.mark.parametrize("people", ["resident", "household", None])
def test_the_order_goes_by_the_parts_that_are_shown(people: Shared | None) -> None:
    of = need("need_0", groups=frozenset({"a"}), items=frozenset({"x"}), station_id="st_0")
    others = [
        need(f"need_{n}", groups=frozenset(groups), items=frozenset(items), station_id=station)
        for n, (groups, items, station) in enumerate(product(("a", "b"), ("x", "y"), ("st_0", "st_1")), 1)
    ]
    for some in combinations(others, MOST_FOUND):
        found = find_alike(of, some, {} if people is None else {other.need_id: people for other in some})
        assert [len(each.parts) for each in found] == sorted((len(each.parts) for each in found), reverse=True)
