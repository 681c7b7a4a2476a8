"""Misdirections (误达): messages that reached somebody else than the volunteer, and the check of the contact.

It owns the collection `misdirections`. It knows volunteers and dispatches by their ids alone: `answer_links` opens one.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.volunteering.misdirections.domain import Misdirection
from services.volunteering.misdirections.handlers import DEADLINES, HANDLERS
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "misdirections",
    HANDLERS,
    {
        Misdirection.collection: [
            IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="state"),
            IndexModel([("volunteer_id", ASCENDING), ("_id", ASCENDING)], name="volunteer_id"),
        ]
    },
    holdings=(Holding(Misdirection.collection, "volunteer", ("volunteer_id",), kept=KEPT_NAMELESS),),
    censuses=DEADLINES.censuses(),
)
