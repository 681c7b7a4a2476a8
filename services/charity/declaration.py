"""Charity as the engine runs it and operations read it: its capabilities, the lower layers first."""

from typing import Final

from services.charity import catalogue, donations, donors, funds, linking, stock
from shared.engine.owner import records
from shared.engine.run.service import Declaration

DECLARATION: Final = Declaration(
    "charity",
    (
        catalogue.CAPABILITY,
        donors.CAPABILITY,
        stock.CAPABILITY,
        funds.CAPABILITY,
        linking.CAPABILITY,
        donations.CAPABILITY,
        records("charity"),
    ),
)
