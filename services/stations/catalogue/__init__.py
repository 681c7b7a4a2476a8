"""The catalogue (目录): themes, beneficiary groups, items, skills, languages and hazards, extended by the city.

Owns `catalogue` and `catalogue_state`. The shipped entries are in `shared.contracts.catalogue`.
"""

from typing import Final

from services.stations.catalogue.handlers import HANDLERS
from services.stations.catalogue.queries import QUERIES
from services.stations.catalogue.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability("catalogue", HANDLERS, INDEXES, queries=QUERIES)
