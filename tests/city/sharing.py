"""Decisions of stations how they share their stock, as they are drawn."""

from random import Random
from typing import Final

from shared.contracts.charity.stock import ShareStock

_ITEMS: Final = (("goods", "quilt"), ("goods", "towel"), ("goods", "soap"), ("service", "counselling"))
_WIDTHS: Final = ("own", "street", "district", "city", "city")


def draw_sharing(chance: Random, station: str, area: str) -> ShareStock:
    """Return a decision of the station, which stands in the area."""
    kind, item = chance.choice(_ITEMS)
    asked = {"station_id": station, "station_area": area, "kind": kind, "item": item}
    drawn = {"sharing": chance.choice(_WIDTHS), "reserve": chance.choice((0, 0, 1, 4))}
    return ShareStock.model_validate({**asked, **drawn})
