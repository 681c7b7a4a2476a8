"""The form in which a service's store has its personal data sealed: a row of the register `schema`.

Without the row replicas of release 0.2 may read the store, and everything is sealed as they do. A new store has it from
its first start, any other from `lianshan migrate` on, when every replica is of this release. From then on replicas of
release 0.2 refuse to start, values are bound to their place, each person has a data key, and commands come sealed.
"""

from datetime import datetime
from typing import Final

from pymongo.database import Database

from shared.engine.decide.schema import FIRST, Document, Schema, Step
from shared.runtime.vault import OWN_INDEX, SHARED_INDEX, Vault
from shared.runtime.version import VERSION

REGISTER: Final = "schema"
SEALING: Final = "sealing"
"""The id of the row. No collection may have that name."""
BOUND_FORM: Final = Schema((Step("personal data is bound to its place, by a key for each person", readable_from=2),))
SECONDS: Final = 10
HISTORY_KEPT: Final = 50
FOLLOWED_SECONDS: Final = 2.0
"""How long a replica may take until it seals in the form of its store: it looks every second."""


def read_row(database: Database[Document]) -> Document | None:
    """Return the row; None as long as replicas of release 0.2 may read the store. Raises PyMongoError."""
    return database[REGISTER].find_one({"_id": SEALING}, max_time_ms=SECONDS * 1000)


def bind_store(database: Database[Document], now: datetime, *, new: bool) -> None:
    """Have everything sealed in the bound form from now (UTC) on; a row that stands stays. Raises PyMongoError.

    A store that is new has keyed hashes of its service alone; in any other those of release 0.2 must be found again.
    """
    row: Document = {"version": BOUND_FORM.version, "min_reader": BOUND_FORM.min_reader, "by": VERSION, "at": now}
    row |= {"complete": BOUND_FORM.version if new else FIRST, "history": []}
    row["index"] = OWN_INDEX if new else SHARED_INDEX
    database[REGISTER].update_one({"_id": SEALING}, {"$setOnInsert": row}, upsert=True)


def complete_sealing(database: Database[Document], now: datetime, documents: int) -> None:
    """Record that `documents` values of release 0.2 have been moved, and that none is left. Raises PyMongoError."""
    entry = {"from": FIRST, "version": BOUND_FORM.version, "at": now, "by": VERSION, "documents": documents}
    history = {"history": {"$each": [entry], "$slice": -HISTORY_KEPT}}
    database[REGISTER].update_one({"_id": SEALING}, {"$set": {"complete": BOUND_FORM.version}, "$push": history})


def follow_sealing(database: Database[Document], vault: Vault | None) -> None:
    """Have the vault seal in the form of the store. Asks only until the store is bound. Raises PyMongoError."""
    if vault is not None and not vault.bound and (row := read_row(database)) is not None:
        vault.index = row.get("index", SHARED_INDEX)
        vault.bound = True


def vault_of_store(database: Database[Document], vault: Vault, service: str) -> Vault:
    """Return the vault of a service for a command, in the form of its store. Raises PyMongoError."""
    own = vault.of(service, bound=False)
    follow_sealing(database, own)
    return own
