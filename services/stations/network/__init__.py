"""The two-level network (两级网络): street centres (街道社工中心) and the stations (社工站) of their communities.

Owns the collection `stations`. A community has one open station at most, a street one open centre: the seat is claimed.
"""

from typing import Final

from services.stations.network.handlers import HANDLERS
from services.stations.network.queries import QUERIES
from services.stations.network.storage import INDEXES
from shared.engine import Capability
from shared.engine.plain import CLAIM_INDEXES

CAPABILITY: Final = Capability("network", HANDLERS, {**INDEXES, **CLAIM_INDEXES}, queries=QUERIES)
