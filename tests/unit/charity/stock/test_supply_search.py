"""Supply accounts are stored with the keys of their search, and the search goes from near to far."""

import pytest
from charity_in_memory import CITY, COMMUNITY, DISTRICT, NEIGHBOUR, OTHER_CITY, OTHER_DISTRICT, RICE, STREET

from services.charity.stock.domain import Supply, new_stock
from services.charity.stock.storage import SupplyNear
from shared.contracts.areas import rings_between


def stock(area: str, available: int) -> Supply:
    return new_stock(f"st_{area}", area, RICE).model_copy(update={"credits_posted": available})


def test_a_supply_account_is_stored_with_the_areas_that_it_reaches_and_the_size_of_its_rest() -> None:
    document = stock(COMMUNITY, 5).to_document()
    assert document["reach"] == [f"{RICE}@{area}" for area in (COMMUNITY, STREET, DISTRICT, CITY)]
    assert (document["available"], document["plenty"]) == (5, 3)
    assert list(document)[-3:] == ["available", "reach", "plenty"]
    assert Supply.from_document(document) == stock(COMMUNITY, 5)


@pytest.mark.parametrize(("available", "plenty"), [(-1, 0), (0, 0), (1, 1), (2, 2), (3, 2), (4, 3), (1023, 10)])
def test_plenty_is_the_size_of_the_available_amount_as_a_power_of_two(available: int, plenty: int) -> None:
    assert stock(COMMUNITY, available).to_document()["plenty"] == plenty


def test_only_a_doubling_or_halving_moves_an_account_in_the_searchs_index() -> None:
    before, after = stock(COMMUNITY, 7), stock(COMMUNITY, 5)
    assert after.changes_since(before) == {"$set": {"credits_posted": 5, "available": 5}}
    assert stock(COMMUNITY, 3).changes_since(before)["$set"]["plenty"] == 2


def test_supply_of_the_same_city_is_ranked_from_near_to_far_then_by_size() -> None:
    near = SupplyNear(RICE, COMMUNITY)
    accounts = [stock(area, 2) for area in (CITY, OTHER_DISTRICT, DISTRICT, STREET, COMMUNITY)]
    ranked = sorted([*accounts, stock(NEIGHBOUR, 9)], key=near.rank)
    assert [a.area for a in ranked] == [COMMUNITY, NEIGHBOUR, STREET, DISTRICT, CITY, OTHER_DISTRICT]
    assert all(near.matches(account) for account in accounts)
    assert not near.matches(stock(OTHER_CITY, 2))
    assert not near.matches(stock(COMMUNITY, 0))


@pytest.mark.parametrize(
    ("need", "supply", "ring"),
    [
        (COMMUNITY, COMMUNITY, 0), (COMMUNITY, NEIGHBOUR, 1), (COMMUNITY, STREET, 1), (STREET, COMMUNITY, 1),
        (COMMUNITY, DISTRICT, 2), (COMMUNITY, OTHER_DISTRICT, 3), (CITY, COMMUNITY, 3), (COMMUNITY, OTHER_CITY, 4),
    ],
)  # fmt: skip
def test_a_ring_is_counted_from_the_need_outwards(need: str, supply: str, ring: int) -> None:
    assert rings_between(need, supply) == ring
