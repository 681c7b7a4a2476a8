"""Screening for risk (风险筛查): indicators with thresholds of severity, by which values are judged.

Owns `indicators`, which a city defines; those of `shared/contracts/stations/shipped_indicators.py` count elsewhere.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.stations.screening.domain.indicator import Indicator
from services.stations.screening.indicators import HANDLERS
from services.stations.screening.queries import QUERIES
from shared.engine import Capability

INDEXES: Final = {
    Indicator.collection: [IndexModel([("area", ASCENDING), ("code", ASCENDING)], name="around")],
}
CAPABILITY: Final = Capability("screening", HANDLERS, INDEXES, queries=QUERIES)
"""The collections, the messages and the rules of this capability."""
