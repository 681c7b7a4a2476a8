"""Payments (支付): the money that a delivery of a need's money line owes, from its confirmation to the payee."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from shared.contracts.access.actor import Reference
from shared.contracts.access.permissions import Permission
from shared.contracts.messages import (
    OPEN,
    Answer,
    AuditedQuery,
    EventData,
    Id,
    Instant,
    Message,
    Name,
    PersonName,
    command,
    event,
    query,
)
from shared.contracts.need_parts import GivenFen
from shared.contracts.plain import Action, Reminder, Shape
from shared.contracts.refusals import broken_rule

PaymentState = Literal["owed", "awaiting_approval", "paid", "overpaid", "void"]
"""Overpaid: less was used of the line than is paid. Void: nothing was used of it, and nothing is paid."""
PayeeKind = Literal["organisation", "person", "voucher"]
RefusalReason = Literal["wrong_payee", "evidence_insufficient", "not_justified", "withdrawn"]
RecordEnd = Literal["wrong_payee", "evidence_insufficient", "not_justified", "withdrawn", "delivery_changed"]
"""Charity itself ends a record that awaits approval where the delivery that it pays is stated again."""
ReversalReason = Literal["wrong_payee", "payment_failed", "paid_twice", "money_returned", "delivery_changed"]

_NEEDED: Final[dict[PayeeKind, tuple[str, ...]]] = {
    "organisation": ("organisation_id",), "person": ("name", "account"), "voucher": ("voucher",),
}  # fmt: skip
_ALSO: Final[dict[PayeeKind, tuple[str, ...]]] = {"organisation": ("account",), "person": (), "voucher": ()}


class Payee(Message):
    """The receiver of a payment: an organisation by its id, a person by name and account, or a voucher by its number.

    Name, account and number stay with charity, sealed. Raises a broken rule for a field that is missing or of another
    kind.
    """

    kind: PayeeKind
    organisation_id: Id | None = None
    name: PersonName | None = None
    account: Name | None = None
    voucher: Name | None = None

    @model_validator(mode="after")
    def _is_named_by_its_kind(self) -> "Payee":
        given = {name for name in ("organisation_id", "name", "account", "voucher") if getattr(self, name) is not None}
        needed = _NEEDED[self.kind]
        wrong = [*(set(needed) - given), *sorted(given - {*needed, *_ALSO[self.kind]})]
        if wrong:
            raise broken_rule("payee_of_kind", field=min(wrong), kind=self.kind, fields=", ".join(needed))
        return self


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Evidence(Message):
    """The receipt of a payment: where it is filed, and the SHA-256 of the file in hexadecimal digits.

    The reference may lead to a person and stays with charity, sealed; the digest proves which file it was.
    """

    reference: Name
    sha256: Digest


class FundPart(Message):
    """The part of the money of a line that came from one account of the ledger, in fen."""

    account_id: Id
    amount_fen: int = Field(ge=1)


class PaymentShape(Shape):
    """The payment of one money line of a need, in fen: `used_fen` as delivered, `paid_fen` as paid and not reversed.

    Owed is `used_fen` less `paid_fen`; a negative amount was paid beyond the delivery. `recorded_fen` is the amount of
    the record that awaits approval, 0 for none. Payee, evidence and actors are those of the last record.
    """

    need_id: Id
    line_id: Id
    station_id: Id
    state: Annotated[PaymentState, OPEN]
    used_fen: int = Field(ge=0)
    paid_fen: int = Field(ge=0)
    recorded_fen: int = Field(default=0, ge=0)
    funds: tuple[FundPart, ...] = Field(default=(), max_length=100)
    payee_kind: Annotated[PayeeKind, OPEN] | None = None
    organisation_id: Id | None = None
    evidence_sha256: Digest | None = None
    recorded_by: Reference | None = None
    recorded_at: Instant | None = None
    approved_by: Reference | None = None
    refused_for: Annotated[RecordEnd, OPEN] | None = None
    reversed_for: Annotated[ReversalReason, OPEN] | None = None
    due: Instant | None = Field(default=None, description="When the next step has to be done; null where none is.")
    reminder: Reminder | None = None


@event
class PaymentOwed(PaymentShape, EventData):
    """A delivery of money was confirmed, or is stated otherwise: more, less or nothing is owed for it."""

    type: ClassVar[str] = "charity.payment.owed"


@event
class PaymentHandedOver(PaymentShape, EventData):
    """The station of an open payment has moved, or was merged: its successor has to settle it."""

    type: ClassVar[str] = "charity.payment.handed_over"


@event
class PaymentRecorded(PaymentShape, EventData):
    """A payment above the limit was recorded and awaits the approval of another person."""

    type: ClassVar[str] = "charity.payment.recorded"


@event
class PaymentMade(PaymentShape, EventData):
    """The whole amount owed was paid."""

    type: ClassVar[str] = "charity.payment.paid"


@event
class PaymentRefused(PaymentShape, EventData):
    """A record that awaited approval was refused: the amount is owed as before."""

    type: ClassVar[str] = "charity.payment.refused"


@event
class PaymentReversed(PaymentShape, EventData):
    """A payment was taken back, wholly or in part, because it was wrong or the money came back."""

    type: ClassVar[str] = "charity.payment.reversed"


@event
class PaymentOverdue(PaymentShape, EventData):
    """The next step is overdue: `reminder` names the level that has to act now."""

    type: ClassVar[str] = "charity.payment.overdue"


@command
class RecordPayment(Action):
    """Record the payment of all that is owed. Answers PaymentShape: paid, or above the limit awaiting approval."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "RecordPayment"
    permission: ClassVar[Permission] = "payments:record"
    amount_fen: GivenFen
    payee: Payee
    evidence: Evidence


@command
class ApprovePayment(Action):
    """Approve a recorded payment, as another person than its recorder. Answers PaymentShape."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ApprovePayment"
    permission: ClassVar[Permission] = "payments:approve"


@command
class RefusePayment(Action):
    """Refuse a recorded payment, or take one's own record back: the amount is owed again. Answers PaymentShape."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "RefusePayment"
    permission: ClassVar[Permission] = "payments:record"
    reason_field: ClassVar[str] = "reason_code"
    reason_code: RefusalReason


@command
class ReversePayment(Action):
    """Take back a payment, or the part of it that has come back. Answers PaymentShape.

    Above the limit a person other than the recorder has to do this.
    """

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReversePayment"
    permission: ClassVar[Permission] = "payments:record"
    reason_field: ClassVar[str] = "reason_code"
    amount_fen: GivenFen | None = None
    reason_code: ReversalReason


class PayeeAnswer(Answer):
    """The payee and the evidence of the last record. Personal data: each answer leaves an audit row."""

    payment_id: Id
    kind: Annotated[PayeeKind, OPEN]
    organisation_id: Id | None = None
    name: str | None = None
    account: str | None = None
    voucher: str | None = None
    evidence: Evidence


@query
class ReadPayee(AuditedQuery[PayeeAnswer | None]):
    """Read the payee of the last record: for officers, who record or approve payments, with `personal:read`."""

    to: ClassVar[str] = "charity"
    type: ClassVar[str] = "ReadPayee"
    recorded_as: ClassVar[str] = "payee"
    about: ClassVar[str] = "payment_id"
    payment_id: Id
