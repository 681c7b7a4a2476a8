"""How far a caller's clock may be from the city's."""

from datetime import timedelta
from typing import Final

CLOCKS_APART: Final = timedelta(minutes=1)
"""A caller's clock may be ahead by so much: a time of its "now" is not refused as one of the future."""
