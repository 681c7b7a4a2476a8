"""Sharing (库存共享): a station's decision on the area that its stock of an item serves, and on the reserve that stays.

Owns no collection: the decision stands on the supply account, whose rule is `stock.domain.usable`. Stock that reaches
more needs than before serves the waiting list at once.
"""

from typing import Final

from services.charity.sharing.handlers import HANDLERS
from shared.engine import Capability

CAPABILITY: Final = Capability("sharing", handlers=HANDLERS)
