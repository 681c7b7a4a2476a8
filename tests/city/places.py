"""The places of a town."""

from random import Random
from typing import Final

AREAS: Final = ("110102009017", "110102009018", "110102010001", "110105001001")
"""Two communities of one street, one of another street, one of another district."""


def place(chance: Random) -> dict[str, float]:
    """Return a point near Zhanlan Road."""
    return {"lon": round(116.30 + chance.random() * 0.1, 4), "lat": round(39.90 + chance.random() * 0.08, 4)}
