"""The stretches of the feed in which the events of an area are searched."""

import pytest

from services.gateway.features.feed.items import NARROWEST, WIDEST, next_width


def test_a_stretch_is_as_long_as_the_rest_of_the_page_needs() -> None:
    assert next_width(8_000, 8_000, 40, 1_000) == 240_000, "one event in 200, 960 are wanted, and a quarter more"


@pytest.mark.parametrize("found", [0, 7])
def test_with_few_events_it_widens_fourfold(found: int) -> None:
    assert next_width(8_000, 8_000, found, 1_000) == 32_000


def test_it_stays_within_its_bounds() -> None:
    assert next_width(8_000, 8_000, 999, 1_000) == NARROWEST
    assert next_width(WIDEST, 700_000, 8, 1_000) == WIDEST
