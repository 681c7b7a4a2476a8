"""Coordinates of Chinese map services as WGS-84, which the platform keeps.

GCJ-02 (国测局坐标) shifts points in China by some hundred metres, BD-09 (百度坐标) shifts them once more. The formulas
were never published: these are those of `eviltransform` (MIT), which agree with the services' own answers within some
metres. The way back has no formula; it is found by iteration, to 0.1 mm of the formula.
"""

import math
from typing import Final

AXIS: Final = 6_378_245.0
"""The semi-major axis of the Krasovsky 1940 ellipsoid, in metres, by which the shift is computed."""
ECCENTRICITY: Final = 0.00669342162296594323
"""Its first eccentricity, squared."""
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271
"""The box outside of which nothing is shifted, in degrees."""
MOST_ROUNDS: Final = 10
CLOSE: Final = 1e-9
"""Degrees: 0.1 mm."""
_TURN: Final = math.pi * 3000.0 / 180.0
Point = tuple[float, float]
"""Longitude and latitude, in degrees."""


def wgs84_to_gcj02(lon: float, lat: float) -> Point:
    """Return the point as GCJ-02 shows it; one outside of China's box stays where it is."""
    if not (WEST <= lon <= EAST and SOUTH <= lat <= NORTH):
        return lon, lat
    east, north = _shift(lon - 105.0, lat - 35.0)
    angle = math.radians(lat)
    magic = 1 - ECCENTRICITY * math.sin(angle) ** 2
    north = north * 180.0 / (AXIS * (1 - ECCENTRICITY) / (magic * math.sqrt(magic)) * math.pi)
    east = east * 180.0 / (AXIS / math.sqrt(magic) * math.cos(angle) * math.pi)
    return lon + east, lat + north


def gcj02_to_wgs84(lon: float, lat: float) -> Point:
    """Return the point that GCJ-02 shows there, to 0.1 mm of `wgs84_to_gcj02`."""
    found_lon, found_lat = lon, lat
    for _ in range(MOST_ROUNDS):  # the shift is nearly constant nearby: three rounds suffice
        shown_lon, shown_lat = wgs84_to_gcj02(found_lon, found_lat)
        if abs(shown_lon - lon) < CLOSE and abs(shown_lat - lat) < CLOSE:
            break
        found_lon, found_lat = found_lon + lon - shown_lon, found_lat + lat - shown_lat
    return found_lon, found_lat


def gcj02_to_bd09(lon: float, lat: float) -> Point:
    """Return the point of GCJ-02 as BD-09 shows it."""
    length = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _TURN)
    angle = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _TURN)
    return length * math.cos(angle) + 0.0065, length * math.sin(angle) + 0.006


def bd09_to_gcj02(lon: float, lat: float) -> Point:
    """Return the point of GCJ-02 that BD-09 shows there, to 0.1 mm of `gcj02_to_bd09`."""
    found_lon, found_lat = lon - 0.0065, lat - 0.006
    for _ in range(MOST_ROUNDS):
        shown_lon, shown_lat = gcj02_to_bd09(found_lon, found_lat)
        if abs(shown_lon - lon) < CLOSE and abs(shown_lat - lat) < CLOSE:
            break
        found_lon, found_lat = found_lon + lon - shown_lon, found_lat + lat - shown_lat
    return found_lon, found_lat


def bd09_to_wgs84(lon: float, lat: float) -> Point:
    """Return the point that BD-09 shows there."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _shift(x: float, y: float) -> Point:
    """Return the shift to the east and to the north, in metres, of a point so many degrees from 105° E 35° N."""
    root = math.sqrt(abs(x))
    waves = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2.0 / 3.0
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320.0 * math.sin(y * math.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2.0 / 3.0
    return east, north
