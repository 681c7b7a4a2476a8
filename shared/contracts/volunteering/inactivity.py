"""Inactivity (长期不活跃): the decision on the data of a volunteer inactive for years who has hours to spend.

Nothing is erased by age where the time bank owes hours: an officer keeps the data, or requests its erasure. Personal
Information Protection Law, art. 19.
"""

from typing import Annotated, ClassVar, Literal

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, EventData, Id, Instant, command, event
from shared.contracts.plain import Action, Shape

InactivityState = Literal["open", "kept", "ended"]
KeepReason = Literal["hours_will_be_spent", "proof_requested", "dispute_open", "will_return"]
"""Why the data is kept: the hours will be spent, a proof of service (Charity Law, art. 66) is asked for, something is
disputed, the volunteer means to serve again.
"""
InactivityEnd = Literal["active_again", "hours_spent", "data_erased"]
InactivityReason = Literal[
    "hours_will_be_spent", "proof_requested", "dispute_open", "will_return",
    "active_again", "hours_spent", "data_erased",
]  # fmt: skip
"""Of a decision to keep the data, or of an end."""


class InactivityShape(Shape):
    """The inactivity of one volunteer. `minutes`, 1 at least, are those that were to be spent when it was opened.

    While it is `open`, the data is to be kept or erased by `due`; while `kept`, nobody is asked until `kept_until`.
    """

    volunteer_id: Id
    minutes: int
    state: Annotated[InactivityState, OPEN]
    opened_at: Instant
    due: Instant
    reason: Annotated[InactivityReason, OPEN] | None = None
    kept_until: Instant | None = None


@event
class InactivityOpened(InactivityShape, EventData):
    """A volunteer has been inactive for years and has hours to spend: somebody is to decide."""

    type: ClassVar[str] = "volunteering.inactivity.opened"


@event
class InactivityKept(InactivityShape, EventData):
    """Somebody has decided that the data is kept for another year."""

    type: ClassVar[str] = "volunteering.inactivity.kept"


@event
class InactivityEnded(InactivityShape, EventData):
    """Nothing is left to decide: the volunteer was active again, has spent the hours, or the data was erased."""

    type: ClassVar[str] = "volunteering.inactivity.ended"


@command
class KeepInactiveVolunteer(Action):
    """Keep an inactive volunteer's data for another year. Answers InactivityShape."""

    to: ClassVar[str] = "volunteering"
    type: ClassVar[str] = "KeepInactiveVolunteer"
    permission: ClassVar[Permission] = "personal:erase"
    reason_field: ClassVar[str] = "reason"
    reason: KeepReason
