"""Answers of payments: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from .common import NextStepAnswer, Reminder

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class Evidence(TypedDict):
    """The receipt of a payment: where it is filed, and the SHA-256 of the file in hexadecimal digits."""

    reference: str
    sha256: str


class FundPart(TypedDict):
    """The part of the money of a line that came from one account of the ledger, in fen."""

    account_id: str
    amount_fen: int


class PayeeAnswer(TypedDict):
    """The payee and the evidence of the last record. Personal data: each answer leaves an audit row."""

    payment_id: str
    kind: PayeeKind | str
    organisation_id: NotRequired[str | None]
    name: NotRequired[str | None]
    account: NotRequired[str | None]
    voucher: NotRequired[str | None]
    evidence: Evidence


class Payment(TypedDict):
    """The payment of one money line of a need, in fen: `used_fen` as delivered, `paid_fen` as paid and not reversed."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    need_id: str
    line_id: str
    station_id: str
    state: PaymentState | str
    used_fen: int
    paid_fen: int
    recorded_fen: NotRequired[int]
    funds: NotRequired[list[FundPart]]
    payee_kind: NotRequired[PayeeKind | str | None]
    organisation_id: NotRequired[str | None]
    evidence_sha256: NotRequired[str | None]
    recorded_by: NotRequired[str | None]
    recorded_at: NotRequired[str | None]
    approved_by: NotRequired[str | None]
    refused_for: NotRequired[PaymentRefusedFor | str | None]
    reversed_for: NotRequired[PaymentReversalReason | str | None]
    due: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]
    external_id: NotRequired[str | None]


class PaymentPage(TypedDict):
    """A page of a list, newest first."""

    items: list[Payment]
    next: str | None


class PaymentShape(TypedDict):
    """The payment of one money line of a need, in fen: `used_fen` as delivered, `paid_fen` as paid and not reversed."""

    id: str
    version: int
    area: str
    next_step: NotRequired[NextStepAnswer | None]
    need_id: str
    line_id: str
    station_id: str
    state: PaymentState | str
    used_fen: int
    paid_fen: int
    recorded_fen: NotRequired[int]
    funds: NotRequired[list[FundPart]]
    payee_kind: NotRequired[PayeeKind | str | None]
    organisation_id: NotRequired[str | None]
    evidence_sha256: NotRequired[str | None]
    recorded_by: NotRequired[str | None]
    recorded_at: NotRequired[str | None]
    approved_by: NotRequired[str | None]
    refused_for: NotRequired[PaymentRefusedFor | str | None]
    reversed_for: NotRequired[PaymentReversalReason | str | None]
    due: NotRequired[str | None]
    reminder: NotRequired[Reminder | None]


PayeeKind = Literal["organisation", "person", "voucher"] | str


PaymentRefusedFor = (
    Literal["wrong_payee", "evidence_insufficient", "not_justified", "withdrawn", "delivery_changed"] | str
)


PaymentReversalReason = (
    Literal["wrong_payee", "payment_failed", "paid_twice", "money_returned", "delivery_changed"] | str
)


PaymentState = Literal["owed", "awaiting_approval", "paid", "overpaid", "void"] | str
