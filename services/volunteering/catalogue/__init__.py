"""The view of the catalogue (目录), fed by the events of stations, which own it.

Keeps `catalogue` and `catalogue_state`; `shared.catalogue` has the handlers and the reading.
"""

from typing import Final

from shared.catalogue.storage import INDEXES
from shared.catalogue.view import HANDLERS
from shared.engine import Capability

CAPABILITY: Final = Capability("catalogue", HANDLERS, INDEXES)
