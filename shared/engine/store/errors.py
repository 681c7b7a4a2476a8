"""The errors of a commit, by the consequence for its batch, and their classification from MongoDB's errors."""

from typing import Final

from pymongo.errors import ConnectionFailure, OperationFailure, PyMongoError

from shared.engine.decide.limits import Conflict, NotCommittableError
from shared.runtime.logging import describe

__all__ = ["Conflict", "Held", "NotCommittableError", "StoreUnreachableError", "Unsettled", "classify_error"]
DUPLICATE_KEY: Final = 11000
WRITE_CONFLICT: Final = 112
STORE_TROUBLE: Final = frozenset(
    {6, 7, 13, 18, 24, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436, 14031}
)
"""Error codes about the store, not about the documents: host unreachable, not primary, shutting down, not authorised,
time limit exceeded, write concern failed, out of disk space. A closed list: any other code is taken for the batch's
fault, so that no message is tried for ever. https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
"""


class Held(Conflict):
    """A document of the batch is locked by an open transaction. One that a killed process left behind stays open until
    MongoDB ends it: after 60 seconds, see transactionLifetimeLimitSeconds.
    """


class Unsettled(Conflict):
    """The inbox has a message of the batch that readers may not see yet: its commit waits for a majority."""


class StoreUnreachableError(Exception):
    """MongoDB did not answer, or cannot write now: keep the batch in hand and try again; no message is to blame."""


def classify_error(error: PyMongoError) -> Conflict | NotCommittableError | StoreUnreachableError:
    """Return the consequence of MongoDB's error, in reading or writing, for the batch at hand."""
    text = describe(error)
    if isinstance(error, ConnectionFailure):
        return StoreUnreachableError(text)
    if not isinstance(error, OperationFailure):
        return NotCommittableError(text)
    if error.code == DUPLICATE_KEY:
        return Conflict(text)
    # The label means that the whole transaction may be run again, as after a conflict.
    if error.code == WRITE_CONFLICT or error.has_error_label("TransientTransactionError"):
        return Held(text)
    # The outcome of the commit is unknown. The batch is processed again: if it was committed after all, the inbox
    # shows each of its messages as seen.
    unknown = any(map(error.has_error_label, ("RetryableWriteError", "UnknownTransactionCommitResult")))
    return StoreUnreachableError(text) if unknown or error.code in STORE_TROUBLE else NotCommittableError(text)
