"""Referrals (转介): a need goes to another station or to an organisation, with consent or a recorded override.

A referral is the sender's side, in the area of the need; `handovers` is the receiver's. An enquiry (问询) may come
first: it names no need, and asks for capacity alone. Both sides hold codes, numbers and times, nothing about a person.
"""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from shared.contracts.access.actor import Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.areas import AreaCode
from shared.contracts.consents import Obtained
from shared.contracts.messages import OPEN, EventData, Id, Instant, Message, Scope, command, event
from shared.contracts.plain import Action, Creation, Reminder, Shape
from shared.contracts.refusals import broken_rule

ReceiverKind = Literal["station", "organisation"]
ReferralState = Literal["enquired", "answered", "in_progress", "accepted", "done", "rejected", "revoked"]
"""已问询, 已答复, 转介中, 已接收, 已办结, 已拒绝, 已撤回."""
EnquiryAnswer = Literal["capacity", "no_capacity", "waitlist"]
"""可接收, 无余力, 可候补."""
OverrideGround = Literal["immediate_danger", "no_capacity_to_consent", "guardian_not_reached", "required_by_law"]
"""未取得同意的依据: 人身危险, 无法表达意愿, 联系不到监护人, 法律要求 (PIPL, art. 13)."""
RejectionReason = Literal["no_capacity", "outside_scope", "consent_missing", "already_served", "facts_missing"]
"""无余力, 不在服务范围, 缺少同意, 已在服务, 信息不全."""
RevocationReason = Literal["consent_withdrawn", "served_otherwise", "another_receiver", "sent_by_mistake"]
"""撤回同意, 已另行解决, 改送他处, 误送."""
ReceiverEnd = Literal["receiver_closed"]
"""接收站点已关闭."""
ReferralOutcome = Literal["served", "in_long_term_care", "referred_on", "resident_declined", "not_served"]
"""已服务, 长期跟进, 再次转介, 居民拒绝, 未能服务."""


class ReferralBasis(Message):
    """The ground on which a need is referred: consent and how it was obtained, or an override and why."""

    obtained: Obtained | None = Field(default=None, description="How the consent was obtained.")
    override: OverrideGround | None = Field(default=None, description="Why the need is referred without consent.")

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.obtained is None) == (self.override is None):
            raise broken_rule("consent_or_override", field="obtained")
        return self


class Receiver(Message):
    """The station or the organisation to which a need is referred."""

    kind: ReceiverKind
    id: Id


class ReferralShape(Shape):
    """A referral as its sender has it. `area` is that of the need when it was sent."""

    need_id: Id
    station_id: Id = Field(description="The station that refers the need.")
    receiver_kind: Annotated[ReceiverKind, OPEN] = Field(description="Whether it goes to a station or an organisation.")
    receiver_id: Id = Field(description="The station or the organisation that receives it.")
    receiver_area: AreaCode = Field(description="The area of the receiver.")
    handover_id: Id = Field(description="The receiver's side of it.")
    state: Annotated[ReferralState, OPEN]
    answer: Annotated[EnquiryAnswer, OPEN] | None = Field(default=None, description="The answer to the enquiry.")
    obtained: Annotated[Obtained, OPEN] | None = Field(default=None, description="How the consent was obtained.")
    override: Annotated[OverrideGround, OPEN] | None = Field(
        default=None, description="Why the need is referred without consent."
    )
    referred_by: Reference | None = Field(
        default=None, description="The opaque reference to the person who answers for consent or override."
    )
    due: Instant | None = Field(default=None, description="The time by which the receiver decides, then reports.")
    taken_over_by: AreaCode | None = Field(
        default=None, description="The area of the level that has taken over, because the receiver stood idle."
    )
    reason: Annotated[Literal[RejectionReason, RevocationReason, ReceiverEnd], OPEN] | None = Field(
        default=None, description="Why it was rejected or revoked."
    )
    outcome: Annotated[ReferralOutcome, OPEN] | None = Field(default=None, description="The receiver's report.")
    reminder: Reminder | None = None


class ReferralEvent(ReferralShape, EventData):
    """The data of every event about a referral."""


@event
class ReferralEnquired(ReferralEvent):
    """A station asked another one, or an organisation, whether it could take a need, which it did not name."""

    type: ClassVar[str] = "stations.referral.enquired"


@event
class ReferralAnswered(ReferralEvent):
    """The enquiry was answered: the sender refers the need or revokes."""

    type: ClassVar[str] = "stations.referral.answered"


@event
class ReferralRequested(ReferralEvent):
    """The need was referred, with consent or an override. Its station stays until the receiver accepts."""

    type: ClassVar[str] = "stations.referral.requested"


@event
class ReferralAccepted(ReferralEvent):
    """The receiver took the need; where it is a station, the need is that station's from now on."""

    type: ClassVar[str] = "stations.referral.accepted"


@event
class ReferralRejected(ReferralEvent):
    """The receiver did not take the need: it stays where it is."""

    type: ClassVar[str] = "stations.referral.rejected"


@event
class ReferralRevoked(ReferralEvent):
    """The sender took the referral back before it was accepted."""

    type: ClassVar[str] = "stations.referral.revoked"


@event
class ReferralDone(ReferralEvent):
    """The receiver reported the outcome."""

    type: ClassVar[str] = "stations.referral.done"


@event
class ReferralTakenOver(ReferralEvent):
    """The receiver stood idle: the level above both decides in its place."""

    type: ClassVar[str] = "stations.referral.taken_over"


@event
class ReferralHandedOver(ReferralEvent):
    """The sender's, or the receiver's, station has a successor: the referral goes on there."""

    type: ClassVar[str] = "stations.referral.handed_over"


@event
class ReferralOverdue(ReferralEvent):
    """The sender's next step is overdue, and the next level is reminded."""

    type: ClassVar[str] = "stations.referral.overdue"


@command
class ReferNeed(Creation):
    """Refer a need to a station of its city, or to an organisation; without `basis` as an enquiry. Answers
    ReferralShape.
    """

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "ReferNeed"
    permission: ClassVar[Permission] = "needs:refer"
    scope: ClassVar[Scope] = Scope(found=("need_id",))
    need_id: Id
    receiver: Receiver = Field(description="The station or the organisation that is to receive it.")
    basis: ReferralBasis | None = Field(
        default=None, description="Consent or override; null only asks for capacity, without naming the need."
    )


@command
class RequestReferral(Action):
    """Refer the need after the answer to an enquiry. Answers ReferralShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RequestReferral"
    permission: ClassVar[Permission] = "needs:refer"
    basis: ReferralBasis = Field(description="Consent or override.")


@command
class RevokeReferral(Action):
    """Take a referral back that is not accepted yet. Answers ReferralShape."""

    to: ClassVar[str] = "stations"
    type: ClassVar[str] = "RevokeReferral"
    permission: ClassVar[Permission] = "needs:refer"
    reason_field: ClassVar[str] = "reason"
    reason: RevocationReason


MOST_HOURS: Final = 24 * 30
"""The longest time that a city may give a receiver."""
