"""Payments (支付): the money of a delivery, paid to an organisation, a person or by a voucher, with its evidence.

Owns `payments` and `payees`, and the accounts `paid:<area>:CNY`. `linking` states how much was used of each money line.
"""

from typing import Final

from pymongo import ASCENDING, IndexModel

from services.charity.payments.domain import APPROVE_WITHIN, PAY_WITHIN, Payment
from services.charity.payments.handlers import HANDLERS
from services.charity.payments.payees import SEALED, PayeeRecord
from services.charity.payments.policy import PaymentsPolicy
from services.charity.payments.queries import QUERIES
from services.charity.payments.storing import PAYMENTS
from shared.contracts.reasons import reason
from shared.engine import Capability, Holding
from shared.engine.deadlines import Deadlines
from shared.people.holdings import KEPT_FOR_ACCOUNTS

OF_NEED: Final = IndexModel([("need_id", ASCENDING), ("_id", ASCENDING)], name="need_id")
DEADLINES: Final = Deadlines(
    PAYMENTS,
    "payments",
    open={"state": {"$in": ["owed", "awaiting_approval", "overpaid"]}},
    ahead={"record_payment": PAY_WITHIN, "approve_payment": APPROVE_WITHIN, "settle_overpayment": PAY_WITHIN},
)
CAPABILITY: Final = Capability(
    "payments",
    handlers=HANDLERS,
    indexes={Payment.collection: [OF_NEED], PayeeRecord.collection: [OF_NEED]},
    policy=PaymentsPolicy,
    queries=QUERIES,
    sealed={PayeeRecord.collection: SEALED},
    subjects={PayeeRecord.collection: "need_id"},
    holdings=(
        Holding(Payment.collection, "need", ("need_id",), kept=KEPT_FOR_ACCOUNTS),
        # The payee may be another person than those whom the need is about.
        Holding(PayeeRecord.collection, "need", ("need_id",), kept=KEPT_FOR_ACCOUNTS, left_out=reason("payees_apart")),
    ),
    censuses=DEADLINES.censuses(),
)
