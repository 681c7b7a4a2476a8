"""The time bank (时间银行): the minutes that volunteers have earned by confirmed service.

It owns the ledger of minutes, the collections `accounts` and `transfers`. It knows neither needs nor dispatches, only
ids, minutes and instants, and handles no message itself: dispatch credits through `crediting`.
"""

from typing import Final

from services.volunteering.timebank.policy import TimebankPolicy
from services.volunteering.timebank.queries import QUERIES
from services.volunteering.timebank.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability("timebank", indexes=INDEXES, policy=TimebankPolicy, queries=QUERIES)
