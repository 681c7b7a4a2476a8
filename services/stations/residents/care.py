"""The timer by which that which stands above residents follows a change of their care."""

from typing import ClassVar

from shared.contracts.messages import Timer
from shared.engine import UnitOfWork
from shared.engine.reminders import AT_ONCE


class CareMoved(Timer):
    """Another station cares for the resident, another id stands for the resident, or the data was erased."""

    type: ClassVar[str] = "stations.care_moved"
    id: str
    after: str = ""


def follow_care(work: UnitOfWork, resident_id: str, after: str = "") -> None:
    """Have a timer of this instant bring everything open about the resident to where the resident is; of the things of
    one kind those whose ids come after `after`.
    """
    work.remind(f"care:{resident_id}", work.now + AT_ONCE, CareMoved(id=resident_id, after=after))
