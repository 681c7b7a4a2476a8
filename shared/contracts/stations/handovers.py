"""Handovers (接案): referrals as their receivers have them, see `referrals`.

An enquiry shows the need's theme, urgency and groups; the need itself is named once it is referred.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.messages import OPEN, Code, EventData, Id, Instant, command, event
from shared.contracts.need_parts import Urgency
from shared.contracts.plain import Action, Reminder, Shape
from shared.contracts.stations.referrals import (
    EnquiryAnswer,
    ReceiverEnd,
    ReceiverKind,
    ReferralOutcome,
    ReferralState,
    RejectionReason,
    RevocationReason,
)


class HandoverShape(Shape):
    """A referral as its receiver has it. `area` is that of the receiver."""

    referral_id: Id = Field(description="The sender's side of it.")
    receiver_kind: Annotated[ReceiverKind, OPEN] = Field(description="Whether it goes to a station or an organisation.")
    receiver_id: Id = Field(description="The station or the organisation that receives it.")
    sender_area: AreaCode = Field(description="The area of the station that refers the need.")
    state: Annotated[ReferralState, OPEN]
    theme: Code
    urgency: Annotated[Urgency, OPEN]
    beneficiaries: int = Field(description="The number of people whom the need serves.")
    groups: tuple[Code, ...] = Field(default=(), max_length=10, description="Codes of the groups they belong to.")
    need_due: Instant = Field(description="The time by which the need is to be served.")
    need_id: Id | None = Field(default=None, description="The need; null while it is only asked for capacity.")
    answer: Annotated[EnquiryAnswer, OPEN] | None = Field(default=None, description="The answer to the enquiry.")
    due: Instant | None = Field(default=None, description="The time of the next step.")
    taken_over_by: AreaCode | None = Field(
        default=None, description="The area of the level that decides, because the receiver stood idle."
    )
    reason: Annotated[Literal[RejectionReason, RevocationReason, ReceiverEnd], OPEN] | None = Field(
        default=None, description="Why it was rejected or revoked."
    )
    outcome: Annotated[ReferralOutcome, OPEN] | None = Field(default=None, description="The receiver's report.")
    reminder: Reminder | None = None

    @property
    def own_station_id(self) -> str | None:
        """The station that receives the need; None where an organisation does."""
        return self.receiver_id if self.receiver_kind == "station" else None


class HandoverEvent(HandoverShape, EventData):
    """The data of every event about a handover."""


@event
class HandoverEnquired(HandoverEvent):
    """Somebody asks the receiver for capacity."""

    type: ClassVar[str] = "stations.handover.enquired"


@event
class HandoverAnswered(HandoverEvent):
    """The receiver answered the enquiry."""

    type: ClassVar[str] = "stations.handover.answered"


@event
class HandoverRequested(HandoverEvent):
    """A need was referred to the receiver, who accepts or rejects it."""

    type: ClassVar[str] = "stations.handover.requested"


@event
class HandoverAccepted(HandoverEvent):
    """The receiver took the need."""

    type: ClassVar[str] = "stations.handover.accepted"


@event
class HandoverRejected(HandoverEvent):
    """The receiver did not take the need."""

    type: ClassVar[str] = "stations.handover.rejected"


@event
class HandoverRevoked(HandoverEvent):
    """The sender took the referral back."""

    type: ClassVar[str] = "stations.handover.revoked"


@event
class HandoverDone(HandoverEvent):
    """The receiver reported the outcome."""

    type: ClassVar[str] = "stations.handover.done"


@event
class HandoverTakenOver(HandoverEvent):
    """The receiver stood idle: the level above both decides in its place."""

    type: ClassVar[str] = "stations.handover.taken_over"


@event
class HandoverHandedOver(HandoverEvent):
    """The sender's, or the receiver's, station has a successor: the referral goes on there."""

    type: ClassVar[str] = "stations.handover.handed_over"


@event
class HandoverOverdue(HandoverEvent):
    """The receiver's next step is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.handover.overdue"


@command
class AnswerEnquiry(Action):
    """Answer whether there is capacity for the need of an enquiry. Answers HandoverShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "AnswerEnquiry"
    permission: ClassVar[Permission] = "needs:refer"
    answer: EnquiryAnswer = Field(description="Whether there is capacity, none, or a waiting list.")


@command
class AcceptHandover(Action):
    """Take the need that was referred; a station owns it from now on. Answers HandoverShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "AcceptHandover"
    permission: ClassVar[Permission] = "needs:refer"


@command
class RejectHandover(Action):
    """Leave the need with its station. Answers HandoverShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RejectHandover"
    permission: ClassVar[Permission] = "needs:refer"
    reason_field: ClassVar[str] = "reason"
    reason: RejectionReason


@command
class CompleteHandover(Action):
    """Report the outcome of a need that was accepted. Answers HandoverShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "CompleteHandover"
    permission: ClassVar[Permission] = "needs:refer"
    outcome: ReferralOutcome = Field(description="How it ended for the resident.")
