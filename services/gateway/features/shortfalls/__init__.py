"""Shortfalls (缺口), at `/v1/shortfalls`: the amounts that the books owe, until they are made up.

Views, history and tasks are those of the plain form. The paths are by hand: charity alone opens and closes shortfalls.
"""

from typing import Final

from services.gateway.features.shortfalls.view import KEPT
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("shortfalls", indexes=KEPT.indexes, projections=KEPT.projections, tasks=KEPT.tasks)
