"""Reasons: the grounds of decisions and the next steps, in codes and machine values (L6).

The sentences for people are put to them at the edge, see `shared.words`; docs/reason-codes.md lists them.
"""

from functools import lru_cache
from typing import Annotated

from pydantic import Field, StringConstraints

from shared.contracts.messages import Message
from shared.contracts.refusals import MAX_ARG_CHARACTERS, MAX_ARGS, REASON_CODE

ArgText = Annotated[str, StringConstraints(max_length=MAX_ARG_CHARACTERS)]


class Reason(Message):
    """A reason code with the values of its sentence: fen, minutes, metres, ISO 8601 instants, codes, ids."""

    code: str = Field(pattern=REASON_CODE)
    args: dict[str, ArgText | int] = Field(default={}, max_length=MAX_ARGS)


@lru_cache(maxsize=2_048, typed=True)  # decisions give the same few reasons over and over, and none is ever changed
def reason(code: str, **args: str | int) -> Reason:
    """Return the reason with these values. Raises ValidationError for a code or a value beyond the bounds."""
    return Reason(code=code, args=args)
