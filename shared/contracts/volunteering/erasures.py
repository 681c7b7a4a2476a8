"""The answer of volunteering to an erasure (删除) of a person whom it knows."""

from typing import ClassVar

from shared.contracts.erasure_parts import ErasureAnswer
from shared.contracts.messages import event


@event
class VolunteeringErasureAnswered(ErasureAnswer):
    """Volunteering has erased a person, waits for something open, or knows no such person."""

    type: ClassVar[str] = "volunteering.erasure.answered"
