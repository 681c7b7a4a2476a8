"""Shortfalls as lists show them."""

from typing import Final

from services.gateway.projection.plain import keep_views
from shared.contracts.charity.shortfalls import ShortfallChanged, ShortfallClosed, ShortfallOpened

KEPT: Final = keep_views(
    "shortfalls", "shortfall", (ShortfallOpened, ShortfallChanged, ShortfallClosed),
    filters=("state", "kind", "station_id", "fund_id", "need_id", "donation_id"),
)  # fmt: skip
