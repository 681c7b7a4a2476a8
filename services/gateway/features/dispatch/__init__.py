"""Dispatch (派单), at `/v1/dispatches`: offers, bookings, check-in and check-out of volunteers."""

from typing import Final

from services.gateway.features.dispatch.tasks import list_tasks
from services.gateway.features.dispatch.view import INDEXES, PROJECTIONS
from services.gateway.projection.feature import Feature

TASKS: Final = dict.fromkeys(PROJECTIONS, list_tasks)
FEATURE: Final = Feature("dispatch", indexes=INDEXES, projections=PROJECTIONS, tasks=TASKS)
