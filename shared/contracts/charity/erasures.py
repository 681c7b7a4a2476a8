"""The answer of charity to an erasure (删除) of a person whom it knows."""

from typing import ClassVar

from shared.contracts.erasure_parts import ErasureAnswer
from shared.contracts.messages import event


@event
class CharityErasureAnswered(ErasureAnswer):
    """Charity has erased a person, waits for something open, or knows no such person."""

    type: ClassVar[str] = "charity.erasure.answered"
