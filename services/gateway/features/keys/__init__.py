"""Keys: the administrator makes them for others, lists and revokes them. The API process alone writes them."""

from typing import Final

from services.gateway.features.keys.view import INDEXES
from services.gateway.projection.feature import Feature

FEATURE: Final = Feature("keys", indexes=INDEXES)
