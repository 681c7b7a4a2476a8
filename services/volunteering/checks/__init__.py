"""Identity checks (身份核对): the claims by which a second registration is noticed, and the officer's check of it.

It owns `identity_checks` and `person_claims`. It stands below people, which opens a check, and below merges, which end
one.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.volunteering.checks.domain import DECIDE_WITHIN, IdentityCheck
from services.volunteering.checks.storage import CHECKS, PersonClaim, remind_of_check
from services.volunteering.checks.timers import CheckDue
from shared.engine import Capability, Holding
from shared.engine.deadlines import Deadlines
from shared.people.holdings import KEPT_NAMELESS

DEADLINES: Final = Deadlines(
    CHECKS, "identity_checks", open={"state": "open"}, ahead={"check_registration": DECIDE_WITHIN}
)
CAPABILITY: Final = Capability(
    "checks",
    handlers={CheckDue: remind_of_check},
    indexes={
        IdentityCheck.collection: [
            IndexModel([("volunteer_id", ASCENDING), ("_id", ASCENDING)], name="volunteer_id"),
            IndexModel([("known_id", ASCENDING), ("_id", ASCENDING)], name="known_id"),
            IndexModel([("state", ASCENDING), ("_id", ASCENDING)], name="state"),
        ],
        PersonClaim.collection: [IndexModel([("volunteer_id", ASCENDING), ("_id", ASCENDING)], name="volunteer_id")],
    },
    holdings=(
        Holding(IdentityCheck.collection, "volunteer", ("volunteer_id", "known_id"), kept=KEPT_NAMELESS),
        Holding(PersonClaim.collection, "volunteer", ("volunteer_id",), marks=True),
    ),
    censuses=DEADLINES.censuses(),
)
