"""Succession: a station moves or is merged into another, and everything open at it goes on at its successor.

Owns no collection: it stands above those whose things move, and hands over a bounded number of them in each step.
"""

from typing import Final

from services.stations.succession.handing_over import HANDLERS as STEPS
from services.stations.succession.handlers import HANDLERS
from shared.engine import Capability

CAPABILITY: Final = Capability("succession", {**HANDLERS, **STEPS})
