"""The gateway as it is declared: its features, for the projector and for operations.

The only module of the gateway that operations may import. It imports neither FastAPI nor nameko.
"""

from typing import Final

from services.gateway.access.keys import ADMIN_ID
from services.gateway.features import dispatch, donations, donors, feed, funds, keys, needs, network, people, stock
from services.gateway.features import timebank as time_bank
from services.gateway.features.feed.view import feed_id
from services.gateway.projection.feature import Feature, Projections, by_type
from shared.engine.run.service import Declaration

__all__ = ["ADMIN_ID", "DECLARATION", "FEATURES", "PROJECTIONS", "feed_id"]

FEATURES: Final[tuple[Feature, ...]] = (
    feed.FEATURE,
    network.FEATURE,
    needs.FEATURE,
    donors.FEATURE,
    funds.FEATURE,
    donations.FEATURE,
    stock.FEATURE,
    people.FEATURE,
    dispatch.FEATURE,
    time_bank.FEATURE,
    keys.FEATURE,
)
"""The features with something stored; areas and operating store nothing."""
PROJECTIONS: Final[Projections] = by_type(FEATURES)
DECLARATION: Final = Declaration("gateway", FEATURES)
