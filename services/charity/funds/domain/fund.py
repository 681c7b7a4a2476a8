"""A community fund (社区基金) and the areas that it may cover."""

from datetime import datetime
from typing import ClassVar

from shared.contracts import Refused
from shared.contracts.areas import lies_in_city
from shared.engine import Entity


class Fund(Entity):
    """Money of a community, a street, a district or a city for the needs of that area."""

    collection: ClassVar[str] = "funds"

    area: str
    name: str
    opened_at: datetime


def check_fund_area(area: str) -> None:
    """Check that the fund covers one city at most. Raises Refused("invalid", field "area") for a province."""
    if not lies_in_city(area):
        raise Refused("invalid", "fund_area_too_wide", field="area", area=area)
