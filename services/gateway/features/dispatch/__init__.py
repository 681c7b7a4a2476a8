"""Dispatch (派单), at `/v1/dispatches`: offers, bookings, check-in and check-out of volunteers."""

from typing import Final

from services.gateway.features.dispatch.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("dispatch", indexes=INDEXES, projections=PROJECTIONS)
