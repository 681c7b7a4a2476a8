"""The declaration of the service: its capabilities, from the highest layer to the lowest. It starts nothing."""

from typing import Final

from services.volunteering import (
    answer_links,
    catalogue,
    checks,
    consents,
    dispatch,
    inactivity,
    matching,
    merges,
    misdirections,
    notices,
    people,
    timebank,
)
from shared.engine.owner import records
from shared.engine.run.service import Declaration
from shared.engine.store.replicas import INDEXES as REPLICAS_INDEXES
from shared.people import read_names
from shared.people.copies import Copies

CAPABILITIES: Final = (
    notices.CAPABILITY,
    consents.CAPABILITY,
    merges.CAPABILITY,
    people.CAPABILITY,
    inactivity.CAPABILITY,
    checks.CAPABILITY,
    answer_links.CAPABILITY,
    dispatch.CAPABILITY,
    misdirections.CAPABILITY,
    timebank.CAPABILITY,
    matching.CAPABILITY,
    catalogue.CAPABILITY,
    records("volunteering", read_names),
)
DECLARATION: Final = Declaration(
    "volunteering",
    (*CAPABILITIES, Copies("volunteering", CAPABILITIES).declare()),
    common_indexes=REPLICAS_INDEXES,
)
