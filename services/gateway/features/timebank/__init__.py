"""The time bank (时间银行): balances of volunteers in minutes, and their statements, asked of volunteering."""

from typing import Final

from services.gateway.features.timebank.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("timebank", indexes=INDEXES, projections=PROJECTIONS, edition=2)
"""Its second edition lists by the volunteer's home, and by the places of service."""
