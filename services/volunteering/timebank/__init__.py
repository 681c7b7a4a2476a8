"""The time bank (时间银行): the minutes that volunteers have earned by confirmed service.

It owns the ledger of minutes, the collections `accounts` and `transfers`. It knows neither needs nor dispatches, only
ids, minutes and instants, and handles no message itself: dispatch credits through `crediting`.
"""

from typing import Final

from services.volunteering.timebank.domain.minting import account_id
from services.volunteering.timebank.policy import TimebankPolicy
from services.volunteering.timebank.queries import QUERIES
from services.volunteering.timebank.storage import INDEXES
from shared.engine import Capability, Holding
from shared.ledger import Account, Transfer
from shared.people.holdings import KEPT_FOR_HOURS

HOLDINGS: Final = (
    Holding(Account.collection, "volunteer", key=account_id, kept=KEPT_FOR_HOURS),
    Holding(Transfer.collection, "volunteer", ("debit_account", "credit_account"), key=account_id, kept=KEPT_FOR_HOURS),
)
CAPABILITY: Final = Capability("timebank", indexes=INDEXES, policy=TimebankPolicy, queries=QUERIES, holdings=HOLDINGS)
