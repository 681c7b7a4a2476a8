"""Donations (捐赠): gifts of goods and sessions to stations, of money to funds."""

from typing import Final

from services.gateway.features.donations.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("donations", indexes=INDEXES, projections=PROJECTIONS)
