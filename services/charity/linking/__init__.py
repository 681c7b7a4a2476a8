"""Resource linking (资源链接): supply for the lines of a need, reserved from near to far, and the waiting list.

Owns `links` (one a need, with the need's id) and `guards`. `domain/near_to_far.py` searches the rings,
`reservation.py` reserves and delivers, `compensation.py` gives back the supply of a cancelled need, `waiting_list.py`
serves the needs that wait, `guard.py` keeps two replicas from missing each other's changes.
"""

from typing import Final

from services.charity.linking.census import CENSUSES
from services.charity.linking.domain.link import Link
from services.charity.linking.handlers import HANDLERS
from services.charity.linking.policy import LinkingPolicy
from services.charity.linking.queries import QUERIES
from services.charity.linking.storage import INDEXES
from shared.engine import Capability, Holding
from shared.people.holdings import KEPT_NAMELESS

CAPABILITY: Final = Capability(
    "linking", handlers=HANDLERS, indexes=INDEXES, censuses=CENSUSES, policy=LinkingPolicy, queries=QUERIES,
    schemas={Link.collection: Link.stored_as},
    holdings=(Holding(Link.collection, "need", registers=True, kept=KEPT_NAMELESS),),
)  # fmt: skip
