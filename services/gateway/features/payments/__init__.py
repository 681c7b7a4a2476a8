"""Payments (支付) of money lines, at `/v1/payments`: owed, recorded, approved, refused and reversed."""

from typing import Final

from services.gateway.projection.plain import plain_feature
from shared.contracts.charity.payments import (
    ApprovePayment,
    PaymentHandedOver,
    PaymentMade,
    PaymentOverdue,
    PaymentOwed,
    PaymentRecorded,
    PaymentRefused,
    PaymentReversed,
    PaymentShape,
    RecordPayment,
    RefusePayment,
    ReversePayment,
)

FEATURE: Final = plain_feature(
    "payments",
    path="payments",
    noun="payment",
    shape=PaymentShape,
    events=(
        PaymentOwed,
        PaymentRecorded,
        PaymentMade,
        PaymentRefused,
        PaymentReversed,
        PaymentOverdue,
        PaymentHandedOver,
    ),
    create=None,
    actions={
        "record": RecordPayment,
        "approve": ApprovePayment,
        "refuse": RefusePayment,
        "reverse": ReversePayment,
    },
    filters=("state", "need_id", "station_id", "organisation_id"),
    counted=("state",),
)
