"""The reason codes of failures, as they are kept in the history of a message."""

from collections.abc import Sequence
from typing import Final

from shared.engine.decide.batch import NoCallerError
from shared.engine.run.batch import UNLISTED_TRIES
from shared.engine.store.errors import Conflict, NotCommittableError, UnlistedError
from shared.engine.store.letters import Entry

UNLISTED: Final = "unlisted_error"


def to_code(failure: Exception) -> str:
    """Return the reason code of a failure, as it is kept in the history of its message."""
    if isinstance(failure, Conflict):
        return "conflict"
    if isinstance(failure, NotCommittableError):
        return "not_committable"
    if isinstance(failure, UnlistedError):
        return UNLISTED
    return "refused_without_caller" if isinstance(failure, NoCallerError) else "handler_failed"


def is_given_up(history: Sequence[Entry]) -> bool:
    """Return whether the message has met errors that no list names as often as is allowed."""
    return sum(entry["code"] == UNLISTED for entry in history) >= UNLISTED_TRIES
