"""Stock (库存): the supply accounts of the ledger that needs may draw on, and the search for supply near a need.

Owns `accounts` and `transfers`, the service's ledger, the `successions` of stations, and the
`closed_stations`. Holds the statement of any account.
"""

from typing import Final

from services.charity.stock.queries import QUERIES
from services.charity.stock.storage import INDEXES
from services.charity.stock.succession import ClosedStation, Succession
from shared.engine import Capability, Holding
from shared.ledger import Transfer
from shared.people.holdings import KEPT_FOR_ACCOUNTS, NAMED_ALONE

CAPABILITY: Final = Capability(
    "stock",
    indexes={**INDEXES, Succession.collection: [], ClosedStation.collection: []},
    queries=QUERIES,
    # The copy has the need's link, which names the same reservations.
    holdings=(
        Holding(Transfer.collection, "need", ("cause",), indexed=False, kept=KEPT_FOR_ACCOUNTS, left_out=NAMED_ALONE),
    ),
)
