"""Webhooks: registered and steered over HTTP here, delivered by `python -m services.gateway.webhooks`."""

from typing import Final

from services.gateway.deliveries.records import INDEXES
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("webhooks", indexes=INDEXES)
