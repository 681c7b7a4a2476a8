"""The holdings of dispatch: a volunteer's offers and dispatches, and the staffing of a person's need."""

from typing import Final

from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.matching.domain.volunteers import Volunteer
from shared.engine import Document, Holding
from shared.ledger import Transfer
from shared.people.holdings import KEPT_FOR_HOURS, KEPT_NAMELESS, NAMED_ALONE

OF_THE_SLOT: Final = ("_id", "area", "starts_at", "ends_at", "state", "ended")
"""The fields of a staffing that a volunteer was told with the offer."""


def keep_own_dispatches(staffing: Document, volunteer_id: str) -> Document:
    """Return the slot with the dispatches of one volunteer, without those of the others."""
    own = [part for part in staffing["dispatches"] if part["volunteer_id"] == volunteer_id]
    return {name: staffing[name] for name in OF_THE_SLOT if name in staffing} | {"dispatches": own}


def leave_volunteers_out(staffing: Document, _: str) -> Document:
    """Return the staffing of a need with the number of its dispatches instead of the volunteers' parts."""
    return {**staffing, "dispatches": len(staffing["dispatches"])}


HOLDINGS: Final[tuple[Holding, ...]] = (
    # Read in windows: an index on every offer ever made would cost each decision, for a question that is rare.
    Holding(
        Staffing.collection, "volunteer", ("dispatches.volunteer_id", "carers"), part=keep_own_dispatches,
        indexed=False, kept=KEPT_NAMELESS,
    ),
    Holding(Staffing.collection, "need", part=leave_volunteers_out, registers=True, kept=KEPT_NAMELESS),
    # The ids of a need's dispatches begin with the need's: bookings and credits of volunteers name them.
    Holding(
        Volunteer.collection, "need", ("bookings", "offers"), indexed=False, kept=KEPT_NAMELESS, left_out=NAMED_ALONE
    ),
    Holding(Transfer.collection, "need", ("cause",), indexed=False, kept=KEPT_FOR_HOURS, left_out=NAMED_ALONE),
)  # fmt: skip
