"""Shortfalls (缺口): what the books owe is named, with an owner and a deadline, and made up from supply that is free.

Owns `shortfalls`. `linking` opens those of deliveries and tries to make them up, see its `making_up.py`.
"""

from typing import Final

from services.charity.shortfalls.domain import Shortfall
from shared.engine import Capability

CAPABILITY: Final = Capability("shortfalls", indexes={Shortfall.collection: []})
