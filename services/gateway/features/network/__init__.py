"""The two-level network: social-work stations (社工站) and street centres (街道社工中心), at `/v1/stations`."""

from typing import Final

from services.gateway.features.network.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("network", indexes=INDEXES, projections=PROJECTIONS)
