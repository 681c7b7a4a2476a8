"""Charity as the engine runs it and operations read it: its capabilities, the lower layers first."""

from typing import Final

from services.charity import donations, donors, funds, linking, stock
from shared.engine.run.service import Declaration
from shared.runtime.audit import INDEXES as AUDIT_INDEXES

DECLARATION: Final = Declaration(
    "charity",
    (donors.CAPABILITY, stock.CAPABILITY, funds.CAPABILITY, linking.CAPABILITY, donations.CAPABILITY),
    common_indexes=AUDIT_INDEXES,
)
