"""The catalogue (目录) of themes, groups, items, skills, languages and hazards, at `/v1/catalogue`."""

from typing import Final

from services.gateway.features.catalogue.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("catalogue", indexes=INDEXES, projections=PROJECTIONS)
