"""The mark of the release line that wrote a store: one row, made before anything else is.

A release line is `major.minor`: releases of one line read each other's stores, and those of the line before. 0.1.0 left
no mark, and no migration leads from its stores: they are recognised by its collections.
"""

from datetime import datetime
from typing import Final

from pymongo.database import Database

from shared.engine.decide.schema import Document
from shared.runtime.version import VERSION

RELEASE: Final = "release"
"""The collection of the mark."""
STORE: Final = "store"
SECONDS: Final = 10
"""How long a read of the mark may take in MongoDB."""


def line_of(version: str) -> str:
    """Return the release line of a version: `0.2` for `0.2.7`."""
    return ".".join(version.split(".")[:2])


LINE: Final = line_of(VERSION)
READABLE: Final = frozenset({"0.2", LINE})
"""The release lines whose stores this code can work with, by itself or after `lianshan migrate`."""
UNMARKED: Final = "0.1.0"
"""The release that wrote stores without a mark."""
_OF_UNMARKED: Final = frozenset({"inbox", "keys", "schema"})
"""Collections of 0.1.0, one of which is in each store that it has prepared. Ours are made after the mark."""


def find_foreign(database: Database[Document]) -> str | None:
    """Return the refusal of a store that another release line wrote; None where this code may work on the store.

    Names the database, the release and the remedy. Raises PyMongoError; changes nothing.
    """
    # The collections first: another replica may be making the store now, and makes its mark before any of them.
    collections = set(database.list_collection_names())
    mark = database[RELEASE].find_one({"_id": STORE}, max_time_ms=SECONDS * 1000)
    if mark is not None:
        return None if mark["line"] in READABLE else _refusal(database.name, str(mark["by"]))
    return _refusal(database.name, UNMARKED) if collections & _OF_UNMARKED else None


def mark_store(database: Database[Document], now: datetime) -> None:
    """Mark the store as written by this release line from `now` (UTC) on. A mark that it has stays. May be repeated."""
    mark = {"line": LINE, "by": VERSION, "at": now}
    database[RELEASE].update_one({"_id": STORE}, {"$setOnInsert": mark}, upsert=True)


def _refusal(name: str, by: str) -> str:
    return (
        f"the database {name} was written by Lianshan {by}, and this is Lianshan {VERSION}: no migration leads from "
        f"one to the other. Keep Lianshan {by} running, or start {VERSION} with an empty database: another "
        "LIANSHAN_MONGO_URI or LIANSHAN_DATABASE_PREFIX."
    )
