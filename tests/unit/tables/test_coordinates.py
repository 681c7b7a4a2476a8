"""Coordinates of Chinese map services: moved to WGS-84 and back, and left alone outside of China."""

import math

import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from shared.tables.coordinates import bd09_to_wgs84, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02

DEGREE = 111_320.0
"""Metres of a degree of latitude."""


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    width = math.cos(math.radians(one[1]))
    return math.hypot((one[0] - other[0]) * width, one[1] - other[1]) * DEGREE


@examples(25)
@given(lon=st.floats(75, 135), lat=st.floats(4, 53))
def test_a_point_in_china_comes_back_within_a_millimetre_on_both_ways(lon: float, lat: float) -> None:
    shown = wgs84_to_gcj02(lon, lat)
    assert 10 < metres(shown, (lon, lat)) < 2_000, "it is shifted by some hundred metres"
    assert metres(gcj02_to_wgs84(*shown), (lon, lat)) < 0.001
    assert metres(bd09_to_wgs84(*gcj02_to_bd09(*shown)), (lon, lat)) < 0.001


@pytest.mark.parametrize(
    ("wgs84", "gcj02"), [((121.4737, 31.2304), (121.47822, 31.22846)), ((116.3912, 39.9073), (116.39744, 39.90870))]
)
def test_known_points_of_shanghai_and_beijing_are_where_the_maps_show_them(
    wgs84: tuple[float, float], gcj02: tuple[float, float]
) -> None:
    assert metres(wgs84_to_gcj02(*wgs84), gcj02) < 10


def test_a_point_outside_of_china_stays_where_it_is() -> None:
    assert wgs84_to_gcj02(2.35, 48.85) == gcj02_to_wgs84(2.35, 48.85) == (2.35, 48.85)
