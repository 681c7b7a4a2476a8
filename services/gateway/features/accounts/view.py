"""Accounts and sessions as they are stored, see `access.account_record` and `access.session_record`. No event changes
them.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, DESCENDING, IndexModel

ACCOUNTS: Final = "accounts"
SESSIONS: Final = "sessions"
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    ACCOUNTS: [
        IndexModel([("name", ASCENDING)], unique=True, name="name"),
        IndexModel([("area", ASCENDING)], name="area"),
        IndexModel([("code_hash", ASCENDING)], unique=True, sparse=True, name="code"),
    ],
    SESSIONS: [
        IndexModel([("hash", ASCENDING)], unique=True, name="hash"),
        IndexModel([("account_id", ASCENDING), ("begun_at", DESCENDING)], name="account"),
        IndexModel([("ends_at", ASCENDING)], expireAfterSeconds=0, name="forget"),
    ],
}
