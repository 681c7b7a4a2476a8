"""Columns of coordinates: in the system that the import names, or in the one that their own headers name."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.contracts.jobs import CoordinateSystem
from shared.jobs.kinds import Reading
from shared.tables.coordinates import Point, bd09_to_wgs84, gcj02_to_wgs84
from shared.tables.headers import Column
from shared.tables.problems import CellProblem
from shared.tables.values import read_number

KEPT: Final = 6
"""Decimal places of a degree that are kept: 0.1 m."""
NAMED: Final[Mapping[CoordinateSystem, str]] = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09"}
_TO_WGS84: Final[Mapping[CoordinateSystem, Callable[[float, float], Point]]] = {
    "wgs84": lambda lon, lat: (lon, lat),
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}


def place_columns(name: str) -> tuple[Column, ...]:
    """Return the columns of a point: 经度 and 纬度, and those whose headers name a system, as 经度（GCJ-02）."""
    plain = (
        Column(f"{name}.lon", ("经度", "longitude", "lon"), read_number),
        Column(f"{name}.lat", ("纬度", "latitude", "lat"), read_number),
    )
    named = [
        Column(f"{name}.{axis}.{system}", (f"{words}（{shown}）", f"{english} ({shown})"), read_number)
        for system, shown in NAMED.items()
        for axis, words, english in (("lon", "经度", "longitude"), ("lat", "纬度", "latitude"))
    ]
    return (*plain, *named)


def read_place(values: Mapping[str, Any], name: str, reading: Reading) -> dict[str, float] | None:
    """Return the point in WGS-84; None where none is given, or one of its cells could not be read.

    Raises CellProblem for half a point, one in two systems, and one that is nowhere on earth.
    """
    points: dict[CoordinateSystem, tuple[float | None, float | None]] = {
        each: (values.get(f"{name}.lon.{each}"), values.get(f"{name}.lat.{each}")) for each in NAMED
    }
    given = [(each, point) for each, point in points.items() if point != (None, None)]
    if (plain := (values.get(f"{name}.lon"), values.get(f"{name}.lat"))) != (None, None):
        given.append((reading.coordinates, plain))
    if not given or reading.is_unread(name):
        return None
    if len(given) > 1:
        raise CellProblem("coordinates_twice")
    (found, (lon, lat)) = given[0]
    if lon is None or lat is None:
        raise CellProblem("coordinates_half")
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise CellProblem("coordinates_nowhere")
    moved = _TO_WGS84[found](lon, lat)
    return {"lon": round(moved[0], KEPT), "lat": round(moved[1], KEPT)}
