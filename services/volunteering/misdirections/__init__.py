"""Misdirections (误达): messages that reached somebody else than the volunteer, and the check of the contact.

It owns the collection `misdirections`. It knows volunteers and dispatches by their ids alone: `answer_links` opens one.
"""

from typing import Final

from services.volunteering.misdirections.domain import Misdirection
from services.volunteering.misdirections.handlers import DEADLINES, HANDLERS
from services.volunteering.misdirections.storage import INDEXES
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "misdirections",
    HANDLERS,
    INDEXES,
    holdings=(Holding(Misdirection.collection, "volunteer", ("volunteer_id",), kept=KEPT_NAMELESS),),
    censuses=DEADLINES.censuses(),
)
