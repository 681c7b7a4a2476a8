"""The timer of a pause (暂停): at its end the volunteer is found again."""

from typing import ClassVar

from services.volunteering.matching.domain.volunteers import Volunteer
from shared.contracts.messages import Timer
from shared.engine import UnitOfWork


class PauseOver(Timer):
    """The end of a pause has come."""

    type: ClassVar[str] = "volunteering.pause_over"
    volunteer_id: str


def remind_of_end(work: UnitOfWork, volunteer: Volunteer) -> None:
    """Set the timer of the volunteer's pause, due at once where its end is past; none where it has no end."""
    if volunteer.away == "paused" and volunteer.away_until is not None:
        work.remind(_key(volunteer), max(volunteer.away_until, work.now), PauseOver(volunteer_id=volunteer.id))
    else:
        work.forget(_key(volunteer))


def _key(volunteer: Volunteer) -> str:
    return f"pause:{volunteer.id}"
