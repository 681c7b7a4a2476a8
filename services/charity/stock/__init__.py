"""Stock (库存): the supply accounts of the ledger that needs may draw on, and the search for supply near a need.

Owns `accounts` and `transfers`, the service's ledger. Holds the statement of any account.
"""

from typing import Final

from services.charity.stock.queries import QUERIES
from services.charity.stock.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability("stock", indexes=INDEXES, queries=QUERIES)
