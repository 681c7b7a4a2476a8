"""Volunteers (志愿者), at `/v1/volunteers`. Their names and phones stay with volunteering."""

from typing import Final

from services.gateway.features.people.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("people", indexes=INDEXES, projections=PROJECTIONS)
