"""The audited query for the payee of a payment."""

from functools import partial
from typing import Final

from services.charity.payments.domain import Payment
from services.charity.payments.payees import PayeeRecord, describe_record, place_of, record_id
from services.charity.reading import read_entity, read_within
from shared.contracts.access import Actor
from shared.contracts.charity.payments import PayeeAnswer, ReadPayee
from shared.engine import QueryTable, Sealed, Store
from shared.people import Opener
from shared.runtime.audit import require_permission


def read_payee(query: ReadPayee, store: Store, actor: Actor, vault: Opener) -> Sealed[PayeeAnswer] | None:
    """Return payee and evidence of the last record; None outside the actor's area, and before the first record.

    Raises Refused("not_allowed") for a reader who does not record payments.
    """
    require_permission(actor, "payments:record")
    payment = read_within(store, Payment, query.payment_id, actor.area)
    record = None if payment is None else read_entity(store, PayeeRecord, record_id(payment))
    if payment is None or record is None:
        return None
    return Sealed((payment.id,), partial(_open, payment, record, vault), areas=(payment.area,))


def _open(payment: Payment, record: PayeeRecord, vault: Opener) -> PayeeAnswer:
    payee, evidence = (
        vault.open(sealed, *place_of(record.id, field))
        for field, sealed in (("payee_sealed", record.payee_sealed), ("evidence_sealed", record.evidence_sealed))
    )
    return describe_record(payment, payee, evidence)


QUERIES: Final[QueryTable] = {ReadPayee: read_payee}
