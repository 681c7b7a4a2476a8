"""The service as the engine runs it and operations read it: its capabilities, and the collections of them all."""

from typing import Final

from services.stations import (
    areas,
    breaches,
    calendars,
    catalogue,
    consents,
    erasures,
    households,
    jobs,
    merges,
    needs,
    network,
    organisations,
    participants,
    plans,
    posts,
    referrals,
    residents,
    screening,
    succession,
    supervision,
    trainings,
    workers,
)
from shared.engine.owner import records
from shared.engine.run.service import Declaration
from shared.people import read_names
from shared.people.copies import Copies

CAPABILITIES: Final = (
    areas.CAPABILITY,
    catalogue.CAPABILITY,
    organisations.CAPABILITY,
    breaches.CAPABILITY,
    calendars.CAPABILITY,
    network.CAPABILITY,
    supervision.CAPABILITY,
    participants.CAPABILITY,
    erasures.CAPABILITY,
    workers.CAPABILITY,
    posts.CAPABILITY,
    trainings.CAPABILITY,
    residents.CAPABILITY,
    households.CAPABILITY,
    merges.CAPABILITY,
    needs.CAPABILITY,
    screening.CAPABILITY,
    plans.CAPABILITY,
    succession.CAPABILITY,
    referrals.CAPABILITY,
    consents.CAPABILITY,
    jobs.CAPABILITY,
    records("stations", read_names),
)
DECLARATION: Final = Declaration(
    "stations",
    (*CAPABILITIES, Copies("stations", CAPABILITIES).declare()),
)
