"""The places of a volunteer's bookings, each one text: the dispatch, longitude and latitude with a space between.

One text, because each search reads the places of its whole pool and compares those of the few that come near.
"""

from collections.abc import Collection, Iterable


def write_place(dispatch_id: str, place: tuple[float, float]) -> str:
    """Return the place of a booking, WGS 84 degrees, as it is kept."""
    lon, lat = place
    return f"{dispatch_id} {lon} {lat}"


def find_place(written: Iterable[str], dispatch_id: str) -> tuple[float, float] | None:
    """Return the longitude and latitude of the booking; None where release 0.2 made it and kept no place."""
    for one in written:
        placed, lon, lat = one.split(" ")
        if placed == dispatch_id:
            return float(lon), float(lat)
    return None


def places_in(written: Iterable[str], dispatch_ids: Collection[str]) -> tuple[str, ...]:
    """Return the places of these bookings, each once; those of bookings that are gone are left out."""
    return tuple(dict.fromkeys(one for one in written if one.partition(" ")[0] in dispatch_ids))
