"""Declare the collections of the gateway, for operations."""

from typing import Final

from services.gateway.auth import ADMIN_ID
from services.gateway.domain.cursors import feed_id
from services.gateway.storage import INDEXES, KEY_INDEXES, SCHEMAS
from shared.engine.run.service import Declaration

DECLARATION: Final = Declaration("gateway", (), common_indexes={**INDEXES, "keys": KEY_INDEXES}, common_schemas=SCHEMAS)

__all__ = ["ADMIN_ID", "DECLARATION", "feed_id"]
