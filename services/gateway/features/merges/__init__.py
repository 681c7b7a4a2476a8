"""Merges (合并) of volunteers, donors and residents: the history of their ids, and which id stands for which."""

from typing import Final

from services.gateway.features.merges.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("merges", indexes=INDEXES, projections=PROJECTIONS, edition=2)
