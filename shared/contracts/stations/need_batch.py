"""The answer to several needs (需求) that are registered by one command."""

from pydantic import Field

from shared.contracts.messages import Answer
from shared.contracts.need_parts import OrAbsent
from shared.contracts.stations.need_answers import NeedAnswer


class Refusal(Answer):
    """A refusal as it travels in an answer, see `shared.contracts.Refused`."""

    code: str
    rule: str
    field: str | None = None
    args: dict[str, str | int] = Field(default={})


class RegisterNeedsItem(Answer):
    """One need of several: `ok` where it was taken in, else `error`; the other key is absent."""

    ok: OrAbsent[NeedAnswer] = None
    error: OrAbsent[Refusal] = None


class RegisterNeedsAnswer(Answer):
    """The outcome of each need, in the order of the command's `needs`."""

    items: tuple[RegisterNeedsItem, ...]
