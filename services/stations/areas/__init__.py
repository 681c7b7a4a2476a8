"""The register of administrative areas: its import, and the questions about it.

Owns the collection `areas`. An area is known as soon as anything inside it is; its name comes with a register.
"""

from typing import Final

from services.stations.areas.handlers import HANDLERS
from services.stations.areas.queries import QUERIES
from services.stations.areas.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability("areas", HANDLERS, INDEXES, queries=QUERIES)
