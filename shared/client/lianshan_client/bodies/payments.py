"""Bodies of payments: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

from ..answers.payments import Evidence, PayeeKind, PaymentReversalReason

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class ApprovePaymentBody(TypedDict):
    """Approve a recorded payment, as another person than its recorder. Answers PaymentShape."""


class Payee(TypedDict):
    """The receiver of a payment: an organisation by its id, a person by name and account, or a voucher by its
    number.
    """

    kind: PayeeKind
    organisation_id: NotRequired[str | None]
    name: NotRequired[str | None]
    account: NotRequired[str | None]
    voucher: NotRequired[str | None]


class RecordPaymentBody(TypedDict):
    """Record the payment of all that is owed. Answers PaymentShape: paid, or above the limit awaiting approval."""

    amount_fen: int
    payee: Payee
    evidence: Evidence


class RefusePaymentBody(TypedDict):
    """Refuse a recorded payment, or take one's own record back: the amount is owed again. Answers PaymentShape."""

    reason_code: PaymentRefusalReason


class ReversePaymentBody(TypedDict):
    """Take back a payment, or the part of it that has come back. Answers PaymentShape."""

    amount_fen: NotRequired[int | None]
    reason_code: PaymentReversalReason


PaymentRefusalReason = Literal["wrong_payee", "evidence_insufficient", "not_justified", "withdrawn"]
