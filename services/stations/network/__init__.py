"""The two-level network (两级网络): street centres (街道社工中心) and the stations (社工站) of their communities.

Owns the collection `stations`.
"""

from typing import Final

from services.stations.network.handlers import HANDLERS
from services.stations.network.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability("network", HANDLERS, INDEXES)
