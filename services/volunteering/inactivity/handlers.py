"""The decision to keep the data of an inactive volunteer. Opening and end are stored by `people`, which knows why."""

from typing import Final

from services.volunteering.inactivity.domain import Inactivity, ended, find_next_step, inactivity_id, kept
from shared.contracts.volunteering.inactivity import (
    InactivityEnd,
    InactivityEnded,
    InactivityKept,
    InactivityShape,
    KeepInactiveVolunteer,
)
from shared.engine import Get, HandlerTable, Load, UnitOfWork
from shared.engine.plain import Plain

INACTIVITIES: Final = Plain(Inactivity, "inactivity", InactivityShape, find_next_step)
HANDLERS: Final[HandlerTable] = {KeepInactiveVolunteer: INACTIVITIES.change(kept, InactivityKept)}


def inactivity_load(volunteer_id: str) -> Load:
    """Return the load that `end_inactivity` needs."""
    return Get(Inactivity, inactivity_id(volunteer_id))


def end_inactivity(work: UnitOfWork, volunteer_id: str, why: InactivityEnd) -> None:
    """End the inactivity of the volunteer, where there is one that has not ended. Needs `inactivity_load`."""
    before = work.get(Inactivity, inactivity_id(volunteer_id))
    if before is not None:
        INACTIVITIES.store(work, before, ended(before, why), InactivityEnded)
