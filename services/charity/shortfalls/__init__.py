"""Shortfalls (缺口): amounts that the books owe, each with an owner and a deadline, made up from free supply.

Owns `shortfalls`. `linking` opens those of deliveries and tries to make them up, see its `making_up.py`.
"""

from typing import Final

from services.charity.shortfalls.domain import Shortfall
from shared.engine import Capability

CAPABILITY: Final = Capability("shortfalls", indexes={Shortfall.collection: []})
