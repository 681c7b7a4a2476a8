"""Keys as they are stored, see `access.keys.KeyRecord`. No event changes them."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel

KEYS: Final = "keys"
HASH: Final = IndexModel([("hash", ASCENDING)], unique=True, name="hash")
"""Made by the API process before its first key; declared here so that operations know it."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {KEYS: [HASH]}
