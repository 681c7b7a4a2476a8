"""The timers by which that which stands above residents follows a change of their care, or of their consents."""

from datetime import timedelta
from typing import ClassVar

from services.stations.residents.consent import HEALTH, SCREENED
from shared.contracts.messages import Timer
from shared.engine import UnitOfWork
from shared.engine.reminders import AT_ONCE
from shared.people.consents import Consent


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


class ScreeningWithdrawn(Timer):
    """The consent of a resident to be screened has ended, withdrawn or by time: the results after `after` are seen to.

    `waits` is set where the results of an open alert were passed over.
    """

    type: ClassVar[str] = "stations.screening_withdrawn"
    id: str
    after: str = ""
    waits: bool = False


def follow_end(work: UnitOfWork, consent: Consent) -> None:
    """Have the results of the person seen to, where the consent that has ended is that to be screened."""
    if consent.purpose == SCREENED and HEALTH in consent.scopes:
        remind_withdrawal(work, ScreeningWithdrawn(id=consent.person_id), AT_ONCE)


def remind_withdrawal(work: UnitOfWork, step: ScreeningWithdrawn, within: timedelta) -> None:
    """Have the results looked at within that time."""
    work.remind(f"screened:{step.id}", work.now + within, step)
