"""Stock (库存): the accounts that supply needs, with goods in units, services in sessions and money in fen."""

from typing import Final

from services.gateway.features.stock.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("stock", indexes=INDEXES, projections=PROJECTIONS)
