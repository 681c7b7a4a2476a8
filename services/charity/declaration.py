"""Charity as the engine runs it and operations read it: its capabilities, the lower layers first."""

from typing import Final

from services.charity import (
    catalogue,
    consents,
    donations,
    donors,
    funds,
    linking,
    merges,
    payments,
    sharing,
    shortfalls,
    stock,
    succession,
)
from services.charity.donors.domain import Donor
from shared.engine.owner import records
from shared.engine.run.service import Declaration
from shared.people import names_beside
from shared.people.copies import Copies

CAPABILITIES: Final = (
    catalogue.CAPABILITY,
    donors.CAPABILITY,
    consents.CAPABILITY,
    stock.CAPABILITY,
    funds.CAPABILITY,
    shortfalls.CAPABILITY,
    payments.CAPABILITY,
    linking.CAPABILITY,
    donations.CAPABILITY,
    sharing.CAPABILITY,
    succession.CAPABILITY,
    merges.CAPABILITY,
    records("charity", names_beside(Donor.collection)),
)
DECLARATION: Final = Declaration(
    "charity",
    (*CAPABILITIES, Copies("charity", CAPABILITIES).declare()),
)
