"""Bodies of referrals: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.common import Obtained, ReceiverKind
from ..answers.referrals import ReferralOverride

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Receiver(TypedDict):
    """The station or the organisation to which a need is referred."""

    kind: ReceiverKind
    id: str


class ReferNeed(TypedDict):
    """Refer a need to a station of its city, or to an organisation; without `basis` as an enquiry. Answers
    ReferralShape.
    """

    external_id: NotRequired[str | None]
    need_id: str
    receiver: Receiver
    basis: NotRequired[ReferralBasis | None]


class ReferralBasis(TypedDict):
    """The ground on which a need is referred: consent and how it was obtained, or an override and why."""

    obtained: NotRequired[Obtained | None]
    override: NotRequired[ReferralOverride | None]


class RequestReferralBody(TypedDict):
    """Refer the need after the answer to an enquiry. Answers ReferralShape."""

    basis: ReferralBasis


class RevokeReferralBody(TypedDict):
    """Take a referral back that is not accepted yet. Answers ReferralShape."""

    reason: ReferralRevocation


ReferralRevocation = Literal["consent_withdrawn", "served_otherwise", "another_receiver", "sent_by_mistake"]
