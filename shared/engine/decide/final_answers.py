"""The final answers of commands that failed: each closes its command's key, so that a repetition gets it again."""

from typing import Final

from shared.contracts.refusals import Refused
from shared.engine.decide.limits import Conflict

CONFLICT: Final = Refused("conflict", "place_taken")


def kept_for_operator(message_id: str) -> Refused:
    """Return the final answer of a command that was given up and is kept as a dead letter under that id."""
    return Refused("failed", "kept_for_operator", letter=message_id)


def to_final_answer(failure: Exception, message_id: str) -> Refused:
    """Return the final answer of a command whose handler or commit has failed."""
    return CONFLICT if isinstance(failure, Conflict) else kept_for_operator(message_id)


def closes_key(refusal: Refused) -> bool:
    """Return whether a repetition of the key gets this refusal again; `unavailable` asks to try the same key later."""
    return refusal.code != "unavailable"
