"""The reopening of a need (重新开放) that was unmet or cancelled: its command and its event."""

from typing import Annotated, ClassVar, Literal

from pydantic import model_validator

from shared.contracts.access.permissions import Permission
from shared.contracts.messages import OPEN, Instant, Message, command, event
from shared.contracts.refusals import broken_rule
from shared.contracts.stations.needs import NeedAction, NeedProgress

ReopeningReason = Literal["still_needed", "help_found", "ended_wrongly"]
"""Why an ended need is open again: nothing else has helped, there is help now, or the end was a mistake."""


class Slot(Message):
    """The time for which the volunteers are asked."""

    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Slot":
        if self.ends_at <= self.starts_at:
            raise broken_rule("end_not_after_start", field="ends_at", start="starts_at")
        return self


@event
class EndUndone(NeedProgress):
    """An unmet or cancelled need is open again: charity links resources and volunteering dispatches volunteers again.

    `due` and the slot of `volunteers` are those that count from now on. An end of a lower version counts no longer.
    """

    type: ClassVar[str] = "stations.need.end_undone"
    reopened_for: Annotated[ReopeningReason, OPEN]


@command
class ReopenNeed(NeedAction):
    """Open an unmet or cancelled need again until `due`, within the period of the policy.

    `slot` is the new time of the volunteers; without it theirs stays, which must not be over.
    """

    type: ClassVar[str] = "ReopenNeed"
    permission: ClassVar[Permission] = "needs:publish"
    reason_field: ClassVar[str] = "reason_code"
    due: Instant
    slot: Slot | None = None
    reason_code: ReopeningReason
