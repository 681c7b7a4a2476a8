"""Participants (五社联动): the organisations that take part in the linkage at a station, each with its role there.

Owns `participants`. An organisation that ends is unlinked everywhere, step by step.
"""

from typing import Final

from services.stations.participants.handlers import HANDLERS
from services.stations.participants.storage import INDEXES
from shared.engine import Capability

CAPABILITY: Final = Capability("participants", HANDLERS, INDEXES)
