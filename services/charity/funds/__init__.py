"""Community funds (社区基金): money of a community, a street, a district or a city for its needs.

Owns `funds`; the money is the fund's account in the ledger, see `domain/balance.py`.
"""

from typing import Final

from services.charity.funds.domain.fund import Fund
from services.charity.funds.handlers import HANDLERS
from services.charity.funds.queries import QUERIES
from shared.engine import Capability

CAPABILITY: Final = Capability("funds", handlers=HANDLERS, indexes={Fund.collection: []}, queries=QUERIES)
