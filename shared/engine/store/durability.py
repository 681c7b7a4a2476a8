"""Durability: readers see, and the outbox publishes, only state that a majority of the replica set has.

No failover takes it back. A commit whose wait for its majority ran out is on the primary and perhaps nowhere else:
majority reads do not show it yet, while its unique keys and versions already stand in the way of every new try.
https://www.mongodb.com/docs/manual/reference/read-concern-majority/
"""

from typing import Final

from pymongo import WriteConcern
from pymongo.database import Database
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from shared.engine.decide.schema import Document
from shared.engine.store.collections import INBOX
from shared.engine.store.errors import StoreUnreachableError, classify_error

MAJORITY_MILLIS: Final = 3_000
"""How long one write waits for a majority of the replica set. Shorter than an election, so that the loop comes back to
its heartbeats; the message is not to blame and is tried again, however often.
"""
SETTLED: Final = ReadConcern("majority")
"""Of every read that a decision, an answer or a publication follows."""
DURABLE: Final = WriteConcern("majority", wtimeout=MAJORITY_MILLIS)
"""Of every write that may not be taken back."""
_NOTHING: Final = {"_id": "no document has this id"}


def await_majority(database: Database[Document], collection: str = INBOX) -> None:
    """Wait until a majority has all that the primary shows now; MAJORITY_MILLIS at most.

    The user must be allowed to delete from the collection.

    Raises WTimeoutError where a majority lags or is away, or another PyMongoError.
    """
    # A write that changes nothing waits for the majority of the latest write that the primary has seen.
    database.get_collection(collection, write_concern=DURABLE).delete_one(_NOTHING)


def settle(database: Database[Document]) -> None:
    """Wait as `await_majority` does. Raises StoreUnreachableError where a majority lags or is away."""
    try:
        await_majority(database)
    except PyMongoError as error:
        judged = classify_error(error)
        raise judged if isinstance(judged, StoreUnreachableError) else StoreUnreachableError(str(judged)) from error
