"""Succession: the stock, the payments and the shortfalls of a station that has ended go on at its successor, or the
street centre is reminded of them.

`stock` owns the successions themselves, by which gifts to a station that has ended are refused.
"""

from typing import Final

from services.charity.succession import closing
from services.charity.succession.handlers import HANDLERS
from shared.engine import Capability

CAPABILITY: Final = Capability("succession", {**HANDLERS, **closing.HANDLERS})
