"""Keys as they are stored, see `access.key_record.KeyRecord`. No event changes them."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel

KEYS: Final = "keys"
HASH: Final = IndexModel([("hash", ASCENDING)], unique=True, name="hash")
"""Made by the API process before its first key; declared here so that operations know it."""
ENDED_KEPT_SECONDS: Final = 30 * 86_400
"""A key that has ended is listed for 30 days more, so that its holder's question can be answered."""
ENDED: Final = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=ENDED_KEPT_SECONDS, name="forget")
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {KEYS: [HASH, ENDED]}
