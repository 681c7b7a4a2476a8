"""The service as the engine runs it and operations read it: its capabilities, and the collections of them all."""

from typing import Final

from services.stations import areas, catalogue, needs, network, organisations
from shared.engine.owner import records
from shared.engine.run.service import Declaration

DECLARATION: Final = Declaration(
    "stations",
    (
        areas.CAPABILITY,
        catalogue.CAPABILITY,
        organisations.CAPABILITY,
        network.CAPABILITY,
        needs.CAPABILITY,
        records("stations"),
    ),
)
