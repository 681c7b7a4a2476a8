"""Community funds (社区基金), shown with the money that their accounts hold."""

from typing import Final

from services.gateway.features.funds.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("funds", indexes=INDEXES, projections=PROJECTIONS)
