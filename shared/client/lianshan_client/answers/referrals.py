"""Answers of referrals: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import (
    EnquiryAnswer,
    NextStepAnswer,
    Obtained,
    ReceiverKind,
    ReferralEndReason,
    ReferralOutcome,
    ReferralState,
    Reminder,
)

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Referral(TypedDict):
    """A referral as its sender has it. `area` is that of the need when it was sent."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    need_id: str
    station_id: str
    receiver_kind: ReceiverKind | str
    receiver_id: str
    receiver_area: str
    handover_id: str
    state: ReferralState | str
    answer: NotRequired[EnquiryAnswer | str | None]
    obtained: NotRequired[Obtained | str | None]
    override: NotRequired[ReferralOverride | str | None]
    referred_by: NotRequired[str | None]
    due: NotRequired[str | None]
    taken_over_by: NotRequired[str | None]
    reason: NotRequired[ReferralEndReason | str | None]
    outcome: NotRequired[ReferralOutcome | str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class ReferralPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Referral]
    next: str | None


class ReferralShape(TypedDict):
    """A referral as its sender has it. `area` is that of the need when it was sent."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    need_id: str
    station_id: str
    receiver_kind: ReceiverKind | str
    receiver_id: str
    receiver_area: str
    handover_id: str
    state: ReferralState | str
    answer: NotRequired[EnquiryAnswer | str | None]
    obtained: NotRequired[Obtained | str | None]
    override: NotRequired[ReferralOverride | str | None]
    referred_by: NotRequired[str | None]
    due: NotRequired[str | None]
    taken_over_by: NotRequired[str | None]
    reason: NotRequired[ReferralEndReason | str | None]
    outcome: NotRequired[ReferralOutcome | str | None]
    reminder: NotRequired[Reminder | None]


ReferralOverride = (
    Literal["immediate_danger", "no_capacity_to_consent", "guardian_not_reached", "required_by_law"] | str
)
