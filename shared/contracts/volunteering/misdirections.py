"""Misdirections (误达): a message to a volunteer has reached somebody else, and the contact is to be checked."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Instant, command, event
from shared.contracts.plain import Action, Shape

MisdirectionOutcome = Literal["contact_corrected", "contact_right", "volunteer_left"]
"""The telephone was wrong and is corrected; it is right, as of a button pressed by mistake; or nobody is behind it."""
MisdirectionState = Literal["open", "contact_corrected", "contact_right", "volunteer_left"]


class MisdirectionShape(Shape):
    """A misdirection: the message was about this dispatch of this volunteer, in the volunteer's area."""

    volunteer_id: Id
    dispatch_id: Id
    reported_at: Instant = Field(description="When somebody said that the message was not for them.")
    state: Annotated[MisdirectionState, OPEN]
    due: Instant = Field(description="When the contact has to be checked; moved by each reminder.")
    reminded: int = Field(default=0, description="Deadlines that have passed.")
    resolved_at: Instant | None = None


@event
class MisdirectionReported(MisdirectionShape, EventData):
    """Somebody has a message that was meant for a volunteer; the place is given to others."""

    type: ClassVar[str] = "volunteering.misdirection.reported"


@event
class MisdirectionReminded(MisdirectionShape, EventData):
    """A deadline has passed, and nobody has checked the contact."""

    type: ClassVar[str] = "volunteering.misdirection.reminded"


@event
class MisdirectionResolved(MisdirectionShape, EventData):
    """The contact was checked."""

    type: ClassVar[str] = "volunteering.misdirection.resolved"


@command
class ResolveMisdirection(Action):
    """State the outcome of the check of a volunteer's contact. Answers MisdirectionShape.

    It changes nothing of the volunteer: a telephone is corrected, and a departure recorded, by their own commands.
    """

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "ResolveMisdirection"
    permission: ClassVar[Permission] = "volunteers:register"
    outcome: MisdirectionOutcome
