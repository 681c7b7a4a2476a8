"""The service as the engine runs it and operations read it: its capabilities, and the collections of them all."""

from typing import Final

from services.stations import areas, needs, network
from shared.engine.run.service import Declaration
from shared.runtime import audit

DECLARATION: Final = Declaration(
    "stations",
    (areas.CAPABILITY, network.CAPABILITY, needs.CAPABILITY),
    common_indexes=audit.INDEXES,
)
