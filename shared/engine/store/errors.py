"""The errors of a commit, by the consequence for its batch, and their classification from MongoDB's errors."""

from collections.abc import Mapping
from typing import Final

from pymongo.errors import ConnectionFailure, DocumentTooLarge, OperationFailure, PyMongoError

from shared.engine.decide.limits import Conflict, NotCommittableError
from shared.runtime.logging import describe

__all__ = [
    "Conflict",
    "Held",
    "NotCommittableError",
    "StoreUnreachableError",
    "UnlistedError",
    "Unsettled",
    "classify_code",
    "classify_error",
]
DUPLICATE_KEY: Final = 11000
WRITE_CONFLICT: Final = 112
MESSAGE_FAULTS: Final[Mapping[int, str]] = {
    2: "BadValue",
    9: "FailedToParse",
    14: "TypeMismatch",
    22: "InvalidBSON",
    28: "PathNotViable",
    52: "DollarPrefixedFieldName",
    56: "EmptyFieldName",
    57: "DottedFieldName",
    66: "ImmutableField",
    121: "DocumentValidationFailure",
    10334: "BSONObjectTooLarge",
    16755: "a place that is no geometry",
    17280: "KeyTooLong",
    17419: "a document that has grown above 16 MiB",
    17420: "a document above 16 MiB",
}
"""The error codes that are about the documents which a message makes: it fails, and is tried again or given up.

A closed list: every other code is the store's trouble until a message alone has met it again and again.
https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
"""
STORE_TROUBLE: Final = frozenset(
    {
        6, 7, 13, 18, 24, 43, 50, 63, 64, 79, 89, 91, 100, 136, 175, 189, 202, 211, 237, 238, 246, 251, 262, 290, 317,
        358, 365, 412, 9001, 10107, 11600, 11601, 11602, 13388, 13435, 13436, 14031,
    }
)  # fmt: skip
"""The error codes that are known to be about the store: host unreachable, not primary, shutting down, interrupted, not
authorised, time limit exceeded, write concern failed, out of disk space. However often they come, no message is judged.
"""


class Held(Conflict):
    """A document of the batch is locked by an open transaction. One that a killed process left behind stays open until
    MongoDB ends it: after 60 seconds, see transactionLifetimeLimitSeconds.
    """


class Unsettled(Conflict):
    """The inbox has a message of the batch that readers may not see yet: its commit waits for a majority."""


class StoreUnreachableError(Exception):
    """MongoDB did not answer, or cannot write now: keep the batch in hand and try again; no message is to blame."""


class UnlistedError(StoreUnreachableError):
    """An error that no list names: the store's trouble, unless one message meets it again while others commit."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(text)
        self.code = code
        """MongoDB's code; None for an error of the driver."""


def classify_error(error: PyMongoError) -> Conflict | NotCommittableError | StoreUnreachableError:
    """Return the consequence of MongoDB's error, in reading or writing, for the batch at hand."""
    text = describe(error)
    if isinstance(error, ConnectionFailure):
        return StoreUnreachableError(text)
    if isinstance(error, DocumentTooLarge):
        return NotCommittableError(text)
    if not isinstance(error, OperationFailure):
        return UnlistedError(None, f"no code: {text}")
    if error.code == DUPLICATE_KEY:
        return Conflict(text)
    # The label means that the whole transaction may be run again, as after a conflict.
    if error.code == WRITE_CONFLICT or error.has_error_label("TransientTransactionError"):
        return Held(text)
    # The outcome of the commit is unknown. The batch is processed again: if it was committed after all, the inbox
    # shows each of its messages as seen.
    unknown = any(map(error.has_error_label, ("RetryableWriteError", "UnknownTransactionCommitResult")))
    return StoreUnreachableError(text) if unknown else classify_code(error.code, text)


def classify_code(code: int | None, text: str) -> NotCommittableError | StoreUnreachableError:
    """Return the consequence of an error that is no conflict, by its code."""
    if code in MESSAGE_FAULTS:
        return NotCommittableError(text)
    return StoreUnreachableError(text) if code in STORE_TROUBLE else UnlistedError(code, f"code {code}: {text}")
