"""Answers of handovers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from .common import (
    EnquiryAnswer,
    NextStepAnswer,
    ReceiverKind,
    ReferralEndReason,
    ReferralOutcome,
    ReferralState,
    Reminder,
    Urgency,
)

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Handover(TypedDict):
    """A referral as its receiver has it. `area` is that of the receiver."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    referral_id: str
    receiver_kind: ReceiverKind | str
    receiver_id: str
    sender_area: str
    state: ReferralState | str
    theme: str
    urgency: Urgency | str
    beneficiaries: int
    groups: NotRequired[list[str]]
    need_due: str
    need_id: NotRequired[str | None]
    answer: NotRequired[EnquiryAnswer | str | None]
    due: NotRequired[str | None]
    taken_over_by: NotRequired[str | None]
    reason: NotRequired[ReferralEndReason | str | None]
    outcome: NotRequired[ReferralOutcome | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class HandoverPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Handover]
    next: str | None


class HandoverShape(TypedDict):
    """A referral as its receiver has it. `area` is that of the receiver."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    referral_id: str
    receiver_kind: ReceiverKind | str
    receiver_id: str
    sender_area: str
    state: ReferralState | str
    theme: str
    urgency: Urgency | str
    beneficiaries: int
    groups: NotRequired[list[str]]
    need_due: str
    need_id: NotRequired[str | None]
    answer: NotRequired[EnquiryAnswer | str | None]
    due: NotRequired[str | None]
    taken_over_by: NotRequired[str | None]
    reason: NotRequired[ReferralEndReason | str | None]
    outcome: NotRequired[ReferralOutcome | str | None]
    reminder: NotRequired[Reminder | None]
