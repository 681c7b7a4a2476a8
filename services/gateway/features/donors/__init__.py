"""Donors (捐赠人). Their names and phones stay with charity; the view knows only that they are registered."""

from typing import Final

from services.gateway.features.donors.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("donors", indexes=INDEXES, projections=PROJECTIONS)
