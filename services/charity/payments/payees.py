"""The payees and receipts of recorded payments: sealed, apart from the payment, one document a record.

They are kept with the accounts, also where a person asks for erasure: Accounting Law (会计法), art. 23.
"""

from typing import ClassVar, Final

from services.charity.payments.domain import Payment
from shared.contracts.charity.payments import Evidence, Payee, PayeeAnswer, RecordPayment
from shared.engine import Entity
from shared.people import Purpose, Sealer

SEALED: Final[dict[str, Purpose]] = {"payee_sealed": "receipts", "evidence_sealed": "receipts"}
"""The sealed fields of a record, with the purpose of the key that seals each."""


class PayeeRecord(Entity):
    """The payee and the evidence of one record of a payment for a need, as sealed JSON."""

    collection: ClassVar[str] = "payees"

    need_id: str
    payee_sealed: str
    evidence_sealed: str


def record_id(payment: Payment) -> str:
    """Return the id of the last record of the payment; the earlier ones stay beside it."""
    return f"{payment.id}.{payment.records}"


def place_of(record: str, field: str) -> tuple[str, str, str]:
    """Return the place that a field is sealed for."""
    return PayeeRecord.collection, record, field


def seal_record(payment: Payment, asked: RecordPayment, sealer: Sealer) -> PayeeRecord:
    """Return the sealed payee and evidence of the payment as just recorded."""
    own_id = record_id(payment)
    return PayeeRecord(
        id=own_id,
        need_id=payment.need_id,
        payee_sealed=sealer.seal(asked.payee.model_dump_json(), *place_of(own_id, "payee_sealed")),
        evidence_sealed=sealer.seal(asked.evidence.model_dump_json(), *place_of(own_id, "evidence_sealed")),
    )


def describe_record(payment: Payment, payee: str, evidence: str) -> PayeeAnswer:
    """Return the opened JSON of a record as its reader gets it."""
    return PayeeAnswer(
        payment_id=payment.id,
        **Payee.model_validate_json(payee).model_dump(),
        evidence=Evidence.model_validate_json(evidence),
    )
